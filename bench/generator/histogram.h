// A log-linear histogram of microseconds: 64 steps for each power of two, so that a quantile is right within 1.6 %.
#pragma once
#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <vector>

class Histogram {
 public:
  void add(int64_t micros) {
    steps[std::min(stepOf(micros), steps.size() - 1)]++;
    count++;
    largest = std::max(largest, micros);
  }

  // In milliseconds; 0 where nothing was added.
  double quantileMs(double part) const {
    if (count == 0) return 0;
    uint64_t wanted = std::max<uint64_t>(1, (uint64_t)std::ceil(part * count)), seen = 0;
    for (size_t step = 0; step < steps.size(); step++) {
      seen += steps[step];
      if (seen >= wanted) return middleOf(step) / 1000;
    }
    return maxMs();
  }

  double maxMs() const { return largest / 1000.0; }

  void clear() {
    std::fill(steps.begin(), steps.end(), 0);
    count = 0;
    largest = 0;
  }

 private:
  static size_t stepOf(int64_t micros) {
    if (micros < 64) return micros < 0 ? 0 : (size_t)micros;
    int exponent = 63 - __builtin_clzll((uint64_t)micros);
    return (size_t)(exponent - 5) * 64 + ((micros >> (exponent - 6)) & 63);
  }

  static double middleOf(size_t step) {
    if (step < 64) return (double)step;
    int shift = (int)(step / 64) - 1;
    return (double)((64 + (int64_t)(step % 64)) << shift) + (double)((int64_t)1 << shift) / 2;
  }

  std::vector<uint64_t> steps = std::vector<uint64_t>(64 * 40, 0);
  uint64_t count = 0;
  int64_t largest = 0;
};
