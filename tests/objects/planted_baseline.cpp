// A faulty file of the baseline: compiled with -mavx2, it holds instructions that not every CPU has. The test of
// instructions must see them.
void planted_scale(float* values, int count);

void planted_scale(float* values, int count) {
  for (int i = 0; i < count; ++i) values[i] *= 2.0F;
}
