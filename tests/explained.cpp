// Prints what explain() says of a small layer, planned as a user would who chooses nothing. For scripts that ask which
// ISA a CPU gets.
#include <cstdio>
#include <vector>

#include "tandem/tandem.hpp"

int main() {
  tandem::PointwiseParams params;
  params.in_channels = params.out_channels = 32;
  const std::vector<float> filter(32 * 32, 1.0F);
  const auto op = tandem::Operator::pointwise(params, {filter});
  if (!op) return std::fprintf(stderr, "%s\n", op.status().message()), 1;
  const auto plan = op->plan({1, 7, 7, 32});
  if (!plan) return std::fprintf(stderr, "%s\n", plan.status().message()), 1;
  std::puts(plan->explain());
  return 0;
}
