// Four rows of a tensor of 8 bits as one row of quads, which makes four rows of a depthwise kernel one row:
//
//   dst[x, c] = { rows[0][x, c / multiplier], rows[1][...], rows[2][...], rows[3][...] }
//
// c counts output channels. A row of padding has stride 0 and holds the zero point.

template <class K>
void quad_rows(const QuadRowsArgs& q) noexcept {
  const std::uint8_t* row[4];
  for (int i = 0; i < 4; ++i) row[i] = static_cast<const std::uint8_t*>(q.rows[i].data);
  auto* dst = static_cast<float*>(q.dst);
  for (std::int64_t x = 0; x < q.pixels; ++x) {
    if (q.multiplier == 1) {
      for (std::int64_t c = 0; c < q.channels; c += K::kWidth) {
        const int lanes = q.channels - c < K::kWidth ? static_cast<int>(q.channels - c) : K::kWidth;
        const auto bytes = [&](int i) {
          return lanes == K::kWidth ? K::load_bytes(row[i] + c) : K::load_bytes_partial(row[i] + c, lanes);
        };
        const auto low = K::or_bits(bytes(0), K::template shift_left<8>(bytes(1)));
        const auto high = K::or_bits(bytes(2), K::template shift_left<8>(bytes(3)));
        const auto quads = K::or_bits(low, K::template shift_left<16>(high));
        if (lanes == K::kWidth) {
          K::store(dst + c, quads);
        } else {
          K::store_partial(dst + c, quads, K::tail(lanes));
        }
      }
    } else {
      auto* to = reinterpret_cast<std::uint8_t*>(dst);
      for (std::int64_t c = 0; c < q.channels; ++c, to += 4) {
        for (int i = 0; i < 4; ++i) to[i] = row[i][c / q.multiplier];
      }
    }
    dst += q.channels;
    for (int i = 0; i < 4; ++i) row[i] += q.rows[i].stride;
  }
}
