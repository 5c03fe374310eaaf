// Every member of every parameter struct of the C interface gets through to the C++ one. With values that differ from
// each other the results have the same bits; and whatever one interface refuses the other one refuses with the same
// sentence, which names the member and its value: so that no member can be forgotten or taken for another one.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include "c_api_fixture.hpp"

namespace tandem::test {

// Members of the same name, whose types differ.
template <class Enum>
void set(Enum& member, std::int32_t value) {
  static_assert(sizeof member == sizeof value);
  std::memcpy(&member, &value, sizeof value);
}
inline void set_type(tandem_tensor_type& type, std::int32_t value) { set(type.type, value); }
inline void set_type(TensorType& type, std::int32_t value) { set(type.type, value); }
inline void set_scale(tandem_tensor_type& type, float value) { type.scale = value; }
inline void set_scale(TensorType& type, float value) { type.quantization.scale = value; }
inline void set_zero_point(tandem_tensor_type& type, std::int32_t value) { type.zero_point = value; }
inline void set_zero_point(TensorType& type, std::int32_t value) { type.quantization.zero_point = value; }
inline void set_activation(tandem_activation& a, Activation::Kind kind) {
  set(a.kind, static_cast<std::int32_t>(kind) + 1);
}
inline void set_activation(Activation& a, Activation::Kind kind) { a.kind = kind; }
inline void set_slopes(tandem_activation& a, const std::vector<float>& slopes) {
  a.slopes = slopes.data();
  a.slope_count = slopes.size();
}
inline void set_slopes(Activation& a, const std::vector<float>& slopes) { a.slopes = slopes; }

// The numbers of an affine: in C beside the activation, in C++ inside it.
inline void set_affine(tandem_affine& a, const FloatSpan& scale, const FloatSpan& shift) {
  a = tandem_affine_of(scale.data, scale.size, shift.data, shift.size);
}
inline void set_affine(Activation& a, const FloatSpan& scale, const FloatSpan& shift) {
  a = a.with_affine(scale, shift);
}
template <class Params>
auto& affine_of(Params& p) {
  if constexpr (requires { p.affine; }) {
    return p.affine;
  } else {
    return p.activation;
  }
}

inline constexpr std::int32_t kNone = 99;  // no type, no layout, no order
inline const std::vector<float> kThreeSlopes = {0.5F, -0.25F, 2.0F};
inline constexpr float kAnInfinity = INFINITY;
inline constexpr float kScale = -1.75F;  // of an affine
inline constexpr float kShift = 0.375F;

class CApiMembersTest : public CApiTest {
 protected:
  // change() makes good parameters bad, in the same way for both interfaces. There is a function of this for each member, and
  // only one of the next for each operator, or this would take a compiler minutes.
  template <class C, class Cpp, class CreateC, class CreateCpp, class Change>
  void expect_refused_alike(const char* member, C c, Cpp cpp, const CreateC& create_c, const CreateCpp& create_cpp,
                            const Change& change) {
    change(c);
    change(cpp);
    expect_both_refuse(member, c, cpp, create_c, create_cpp);
  }

 private:
  template <class C, class Cpp, class CreateC, class CreateCpp>
  void expect_both_refuse(const char* member, const C& c, const Cpp& cpp, const CreateC& create_c,
                          const CreateCpp& create_cpp) {
    tandem_operator* op = nullptr;
    tandem_status status = {};
    EXPECT_FALSE(create_c(c, &op, &status)) << member;
    EXPECT_EQ(op, nullptr) << member;
    const Result<Operator> made = create_cpp(cpp);
    ASSERT_FALSE(made.ok()) << member;
    EXPECT_EQ(static_cast<int>(status.code), static_cast<int>(made.status().code())) << member;
    EXPECT_STREQ(status.message, made.status().message()) << member;
  }
};

#define TANDEM_REFUSED(statement) \
  expect_refused_alike(#statement, c, cpp, create_c, create_cpp, [&](auto& p) { statement; })

#define TANDEM_ACTIVATION_REFUSED(member)                                                                     \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kClamp); p.member.lo = NAN; p.member.hi = 1.0F);  \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kClamp); p.member.lo = -1.0F; p.member.hi = NAN); \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kHardSigmoid); p.member.alpha = NAN);             \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kHardSigmoid); p.member.beta = NAN);              \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kPrelu); set_slopes(p.member, kThreeSlopes))

#define TANDEM_AFFINE_REFUSED(affine)                                           \
  TANDEM_REFUSED(set_affine(affine, kThreeSlopes, {}));                         \
  TANDEM_REFUSED(set_affine(affine, {}, kThreeSlopes));                         \
  TANDEM_REFUSED(set_affine(affine, FloatSpan(&kAnInfinity, 1), kThreeSlopes)); \
  TANDEM_REFUSED(set_affine(affine, {}, FloatSpan(nullptr, 1)))

#define TANDEM_TENSOR_REFUSED(member)          \
  TANDEM_REFUSED(set_type(p.member, kNone));   \
  TANDEM_REFUSED(set_scale(p.member, 0.375F)); \
  TANDEM_REFUSED(set_zero_point(p.member, 77))

#define TANDEM_STAGE_REFUSED()                                            \
  TANDEM_ACTIVATION_REFUSED(activation);                                  \
  TANDEM_AFFINE_REFUSED(affine_of(p));                                    \
  TANDEM_TENSOR_REFUSED(src_type);                                        \
  TANDEM_TENSOR_REFUSED(dst_type);                                        \
  TANDEM_REFUSED(p.residual = true; set_type(p.residual_type, kNone));    \
  TANDEM_REFUSED(p.residual = true; set_scale(p.residual_type, 0.375F));  \
  TANDEM_REFUSED(p.residual = true; set_zero_point(p.residual_type, 77)); \
  TANDEM_REFUSED(set(p.residual_order, kNone));                           \
  TANDEM_REFUSED(set(p.weight_type, kNone));                              \
  TANDEM_REFUSED(set(p.weight_type, TANDEM_BF16))

// Read for quantised tensors alone.
#define TANDEM_ROUNDING_REFUSED()                                                                         \
  TANDEM_REFUSED(set_activation(p.activation, Activation::Kind::kClamp); set_type(p.src_type, TANDEM_U8); \
                 set_type(p.dst_type, TANDEM_U8); set(p.rounding, kNone))

#define TANDEM_TAPS_REFUSED()                 \
  TANDEM_REFUSED(p.kernel_h = -3);            \
  TANDEM_REFUSED(p.kernel_w = -4);            \
  TANDEM_REFUSED(p.stride_h = -5);            \
  TANDEM_REFUSED(p.stride_w = -6);            \
  TANDEM_REFUSED(p.dilation_h = -7);          \
  TANDEM_REFUSED(p.dilation_w = -8);          \
  TANDEM_REFUSED(set(p.padding.mode, kNone)); \
  TANDEM_REFUSED(p.padding.top = -9);         \
  TANDEM_REFUSED(p.padding.bottom = -10);     \
  TANDEM_REFUSED(p.padding.left = -11);       \
  TANDEM_REFUSED(p.padding.right = -12)

#define TANDEM_WINDOW_REFUSED() \
  TANDEM_TAPS_REFUSED();        \
  TANDEM_STAGE_REFUSED()

}  // namespace tandem::test
