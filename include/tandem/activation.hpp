// The function an operator applies to each output element.
#pragma once

#include <cstdint>
#include <limits>

#include "tandem/span.hpp"
#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// y = f(x) for one output element, or y = scale * f(x) + shift: an affine right after the function, as the blocks of
/// PP-OCR have it (LearnableAffineBlock). It is one multiply-add in fp32, fused where the ISA can. A residual that is
/// added before the activation passes through both, one that is added after it through neither. Without a shift nothing
/// is added, so a product of -0 stays -0.
///
/// NaN stays NaN on every ISA; each kind states its result for signed zeros and infinities. An error bound is the largest
/// error over all floats, in units in the last place (ULP) of f(x) in fp32, before the affine and before the rounding to
/// the type of dst. Tests check the bounds and the formulas of ONNX.
struct Activation {
  enum class Kind : std::int32_t {
    kClamp = 0,        ///< x < lo ? lo : (x > hi ? hi : x): none, relu, relu6, clamp. -0 under relu stays -0
    kLeakyRelu = 1,    ///< x < 0 ? alpha * x : x (ONNX LeakyRelu)
    kPrelu = 2,        ///< x < 0 ? slopes[c] * x : x, one slope an output channel (ONNX PRelu)
    kSigmoid = 3,      ///< 1 / (1 + exp(-x)); at most 2.5 ULP. 0 at -infinity, 1 at +infinity
    kSilu = 4,         ///< x * sigmoid(x) (swish); at most 3.5 ULP. -0 at -infinity and -0, +infinity at +infinity
    kHardSigmoid = 5,  ///< min(max(alpha * x + beta, 0), 1) (ONNX HardSigmoid)
    kHardSwish = 6,    ///< x * min(max(x / 6 + 1/2, 0), 1) (ONNX HardSwish). -0 at -infinity and -0
    kTanh = 7,         ///< at most 2.5 ULP. -1 and 1 at the infinities, -0 at -0
    /// x * Phi(x), Phi the distribution function of the standard normal distribution (ONNX Gelu, approximate "none");
    /// at most 8 ULP. -0 at -infinity and -0, +infinity at +infinity
    kGelu = 8,
    /// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) (ONNX Gelu, approximate "tanh"); at most 5 ULP. -0 at
    /// -infinity and -0, +infinity at +infinity
    kGeluTanh = 9,
  };

  float lo = -std::numeric_limits<float>::infinity();  ///< kClamp; lo <= hi, neither NaN
  float hi = std::numeric_limits<float>::infinity();   ///< kClamp
  Kind kind = Kind::kClamp;
  float alpha = 0.0F;  ///< kLeakyRelu: any but NaN; kHardSigmoid: finite
  float beta = 0.0F;   ///< kHardSigmoid: finite
  FloatSpan slopes;    ///< kPrelu: [output channels]; copied by create(), like scale and shift
  FloatSpan scale;     ///< [output channels], or [1] for all of them, or empty: 1; each finite
  FloatSpan shift;     ///< likewise; empty: nothing is added

  static constexpr Activation none() noexcept { return {}; }
  static constexpr Activation relu() noexcept { return clamp(0.0F, std::numeric_limits<float>::infinity()); }
  static constexpr Activation relu6() noexcept { return clamp(0.0F, 6.0F); }
  static constexpr Activation clamp(float lo, float hi) noexcept {
    Activation a;
    a.lo = lo;
    a.hi = hi;
    return a;
  }
  static constexpr Activation leaky_relu(float slope) noexcept { return of(Kind::kLeakyRelu, slope); }
  static constexpr Activation prelu(FloatSpan slopes) noexcept {
    Activation a = of(Kind::kPrelu);
    a.slopes = slopes;
    return a;
  }
  static constexpr Activation sigmoid() noexcept { return of(Kind::kSigmoid); }
  static constexpr Activation silu() noexcept { return of(Kind::kSilu); }
  /// MobileNet V3 and PyTorch: alpha 1/6, beta 1/2. ONNX's own default alpha is 0.2.
  static constexpr Activation hard_sigmoid(float alpha = 1.0F / 6.0F, float beta = 0.5F) noexcept {
    return of(Kind::kHardSigmoid, alpha, beta);
  }
  static constexpr Activation hard_swish() noexcept { return of(Kind::kHardSwish); }
  static constexpr Activation tanh() noexcept { return of(Kind::kTanh); }
  static constexpr Activation gelu() noexcept { return of(Kind::kGelu); }
  static constexpr Activation gelu_tanh() noexcept { return of(Kind::kGeluTanh); }

  /// This activation with an affine after it, for example hard_swish().with_affine({&scale, 1}, {&shift, 1}).
  [[nodiscard]] constexpr Activation with_affine(FloatSpan scale_by, FloatSpan shift_by) const noexcept {
    Activation a = *this;
    a.scale = scale_by;
    a.shift = shift_by;
    return a;
  }

 private:
  static constexpr Activation of(Kind kind, float alpha = 0.0F, float beta = 0.0F) noexcept {
    Activation a;
    a.kind = kind;
    a.alpha = alpha;
    a.beta = beta;
    return a;
  }
};

}  // namespace TANDEM_ABI
}  // namespace tandem
