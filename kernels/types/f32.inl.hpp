// fp32 tensors and weights.
//
// What a kernel type adds to the shim (simd.inl.hpp); every kernel body takes one:
//   Src, Weight, Dst   elements in memory; the shim's loads and stores are overloaded for them
//   Bits               an element that a kernel moves without looking at it
//   Tensors            the kernel type of the kernels that have no weights
//   kTypes             its row in the kernel table
//   kEveryTile         true: there is a tile for every special case. Types that are not computed with as often do with the
//                      general ones: half a minute of compilation a type and ISA, for a tenth of the speed of few layers
//   kRegisterEpilogue  true: a clamp is made, and stored, from the registers of a tile. Stores that round take so many
//                      instructions that the tiles leave their sums in L1 instead, and share one loop
//   kGroup             steps of k that lie in one 32-bit lane: 1, or 2 where an element of Src has 16 bits
//   group_broadcast<I> only with kGroup > 1: the I-th of the kGroup elements at p in all lanes; reads the whole group
template <class Arch>
struct F32 : Simd<float, Arch> {
  using Src = float;
  using Weight = float;
  using Dst = float;
  using Bits = float;
  using Tensors = F32;
  static constexpr TypeRow kTypes = {DataType::kF32, DataType::kF32};
  static constexpr bool kEveryTile = true;
  static constexpr bool kRegisterEpilogue = true;
  static constexpr int kGroup = 1;
};
