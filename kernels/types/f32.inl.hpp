// fp32 tensors and weights.
//
// Every kernel body takes a kernel type. It adds to the shim (simd.inl.hpp):
//   Src, Weight, Dst   elements in memory; the shim's loads and stores are overloaded for them
//   Bits               an element that a kernel moves without looking at it
//   OneChannel         only with kEveryTile: the kernel type of a single lane
//   Tensors            the kernel type of the kernels that have no weights
//   kTypes             its row in the kernel table
//   kEveryTile         true: there is a tile for every special case. Rarer types have only the general tiles and fold no
//                      panels. This saves half a minute of compilation per type and ISA. It costs some layers a tenth
//                      of their speed, and those that F32 folds more
//   kRegisterEpilogue  true: a tile clamps and stores from registers. False if stores round: that takes so many
//                      instructions that the tiles leave their sums in L1 instead and share one loop
//   kGroup             steps of k that lie in one 32-bit lane: 2 for bf16 tensors, else 1
//   kQuads             true: a lane holds four elements of 8 bits, see int8.inl.hpp
//   group_broadcast<I> only with kGroup > 1: the I-th of the kGroup elements at p in all lanes; reads the whole group
template <class Arch>
struct F32 : Simd<float, Arch> {
  using Src = float;
  using Weight = float;
  using Dst = float;
  using Bits = float;
  using Tensors = F32;
  using OneChannel = F32<OneLane<Arch>>;
  static constexpr TypeRow kTypes = {DataType::kF32, DataType::kF32};
  static constexpr bool kEveryTile = true;
  static constexpr bool kRegisterEpilogue = true;
  static constexpr bool kQuads = false;
  static constexpr int kGroup = 1;
};
