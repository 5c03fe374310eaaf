// What convolutions and pools have in common, under the same names in the graph, in its readers and in the library.
#pragma once

namespace tandem::graph {

/// Copies strides, dilations and padding.
template <class From, class To>
void copy_window(const From& from, To& to) {
  to.stride_h = from.stride_h;
  to.stride_w = from.stride_w;
  to.dilation_h = from.dilation_h;
  to.dilation_w = from.dilation_w;
  to.padding = from.padding;
}

}  // namespace tandem::graph
