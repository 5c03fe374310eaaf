// Guard pages by mmap and mprotect, and the handler that names the buffer whose guard was hit.
#include "guarded_buffer.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "current_case.hpp"
#include "elements.hpp"

namespace tandem::test {
namespace {

constexpr auto kCanary = std::byte{0xc5};

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The handler reads the list without the lock: the program is about to end anyway.
std::mutex list_lock;
GuardedBuffer* list_head = nullptr;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::abort();
}

void protect(std::byte* pages, std::size_t bytes, int access) {
  if (bytes != 0 && mprotect(pages, bytes, access) != 0) give_up("mprotect of a guarded buffer");
}

/// Mappings of buffers that are no more; nobody may touch them. A buffer of the same size takes one again, because the system
/// needs longer to make pages than most tests need to fill them: a quarter of the time of property_test.
class SpareMappings {
 public:
  std::byte* take(std::size_t bytes) {
    {
      const std::lock_guard lock(lock_);
      const auto found = spare_.find(bytes);
      if (found != spare_.end()) {
        std::byte* const mapping = found->second;
        spare_.erase(found);
        kept_ -= bytes;
        return mapping;
      }
    }
    void* const mapping = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) give_up("mmap of a guarded buffer");
    return static_cast<std::byte*>(mapping);
  }

  void give_back(std::byte* mapping, std::size_t bytes) {
    protect(mapping + page_size(), bytes - 2 * page_size(), PROT_NONE);
    const std::lock_guard lock(lock_);
    if (kept_ + bytes > kMost) release_all();
    spare_.emplace(bytes, mapping);
    kept_ += bytes;
  }

 private:
  void release_all() {
    for (const auto& [bytes, mapping] : spare_) munmap(mapping, bytes);
    spare_.clear();
    kept_ = 0;
  }

  static constexpr std::size_t kMost = std::size_t{64} << 20;
  std::mutex lock_;
  std::multimap<std::size_t, std::byte*> spare_;  // by their number of bytes
  std::size_t kept_ = 0;                          // bytes in all
};

/// Never destroyed: buffers may live as long as the program.
SpareMappings& spare_mappings() {
  static auto* const mappings = new SpareMappings;
  return *mappings;
}

}  // namespace

const char* to_string(Placement placement) noexcept {
  return placement == Placement::kEndsAtGuard ? "ends at guard" : "starts at guard";
}

bool is_poison(float value) noexcept { return std::bit_cast<std::uint32_t>(value) == kPoison; }

GuardedBuffer::GuardedBuffer(const char* name, std::size_t bytes, Placement placement, std::size_t alignment)
    : name_(name), bytes_(bytes) {
  const std::size_t page = page_size();
  const std::size_t inner = (bytes + page - 1) / page * page;
  mapped_bytes_ = inner + 2 * page;
  mapping_ = spare_mappings().take(mapped_bytes_);
  std::byte* const first = mapping_ + page;
  protect(first, inner, PROT_READ | PROT_WRITE);
  std::memset(first, static_cast<int>(kCanary), inner);
  const std::size_t offset = placement == Placement::kStartsAtGuard ? 0 : (inner - bytes) / alignment * alignment;
  data_ = first + offset;

  const std::lock_guard lock(list_lock);
  next_ = list_head;
  if (next_ != nullptr) next_->previous_ = this;
  list_head = this;
}

GuardedBuffer::~GuardedBuffer() {
  {
    const std::lock_guard lock(list_lock);
    if (next_ != nullptr) next_->previous_ = previous_;
    (previous_ != nullptr ? previous_->next_ : list_head) = next_;
  }
  spare_mappings().give_back(mapping_, mapped_bytes_);
}

void GuardedBuffer::make_read_only() { protect(mapping_ + page_size(), mapped_bytes_ - 2 * page_size(), PROT_READ); }

GuardedInput::GuardedInput(const char* name, const std::vector<float>& values, Placement placement, DataType type)
    : GuardedBuffer(name, values.size() * element_bytes(type), placement, element_bytes(type)) {
  store_elements(type, values, data());
  make_read_only();
}

GuardedInput::GuardedInput(const char* name, const std::vector<std::byte>& bytes, Placement placement,
                           std::size_t alignment)
    : GuardedBuffer(name, bytes.size(), placement, alignment) {
  std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(data()));
  make_read_only();
}

GuardedOutput::GuardedOutput(const char* name, std::size_t bytes, Placement placement, std::size_t alignment)
    : GuardedBuffer(name, bytes, placement, alignment) {
  const auto poison = std::bit_cast<std::array<std::byte, sizeof(kHalfPoison)>>(kHalfPoison);
  auto* const first = static_cast<std::byte*>(data());  // which may be odd
  for (std::size_t i = 0; i < bytes; ++i) first[i] = poison[i % poison.size()];
}

bool GuardedBuffer::intact() const noexcept {
  const std::byte* const first = mapping_ + page_size();
  const std::byte* const end = mapping_ + mapped_bytes_ - page_size();
  for (const std::byte* p = first; p != data_; ++p) {
    if (*p != kCanary) return false;
  }
  for (const std::byte* p = data_ + bytes_; p != end; ++p) {
    if (*p != kCanary) return false;
  }
  return true;
}

void GuardedBuffer::report_fault(const char* address, const char* access) noexcept {
  const auto* where = reinterpret_cast<const std::byte*>(address);
  for (const GuardedBuffer* b = list_head; b != nullptr; b = b->next_) {
    if (where < b->mapping_ || where >= b->mapping_ + b->mapped_bytes_) continue;
    const char* relation = where < b->data_ ? "before the start" : "after the end";
    std::ptrdiff_t distance = where < b->data_ ? b->data_ - where : where - (b->data_ + b->bytes_);
    if (where >= b->data_ && where < b->data_ + b->bytes_) {
      relation = "into the read-only memory";
      distance = where - b->data_;
    }
    std::fprintf(stderr, "guard page: %s %td bytes %s of '%s' (%zu bytes)\n  case: %s\n", access, distance, relation,
                 b->name_, b->bytes_, CurrentCase::description());
    return;
  }
  std::fprintf(stderr, "fault: %s at %p, near no guarded buffer\n  case: %s\n", access,
               static_cast<const void*>(address), CurrentCase::description());
}

void GuardedBuffer::on_fault(int signal, void* info, void* context) noexcept {
  const char* access = "access";
#if defined(__x86_64__)
  // Bit 1 of the page-fault error code is set for a write (Intel SDM volume 3, 4.7).
  const auto error = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR];
  access = (error & 2) != 0 ? "write" : "read";
#else
  static_cast<void>(context);
#endif
  report_fault(static_cast<const char*>(static_cast<const siginfo_t*>(info)->si_addr), access);
  // The faulting instruction runs again after the return and now meets the default action, with the right exit code.
  struct sigaction fallback{};
  fallback.sa_handler = SIG_DFL;
  sigaction(signal, &fallback, nullptr);
}

void GuardedBuffer::install_fault_handler() noexcept {
  struct sigaction action{};
  action.sa_sigaction = [](int signal, siginfo_t* info, void* context) { on_fault(signal, info, context); };
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace tandem::test
