// A visitor for std::visit made of lambdas.
#pragma once

namespace tandem::test {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace tandem::test
