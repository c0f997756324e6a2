#include "generator/exact_math.h"

#include <cmath>

namespace tidemark {
namespace {

constexpr double kLn2 = 0.69314718055994530942;

}  // namespace

double ExactExp(double x) {
  const double power = std::floor(x / kLn2 + 0.5);
  const double rest = x - power * kLn2;
  double sum = 1;
  for (int term = 16; term >= 1; --term) sum = 1 + sum * rest / term;
  return std::ldexp(sum, static_cast<int>(power));
}

double ExactLog(double x) {
  int power = 0;
  const double mantissa = std::frexp(x, &power);
  const double ratio = (mantissa - 1) / (mantissa + 1);
  double sum = 0;
  for (int odd = 41; odd >= 1; odd -= 2) sum = sum * ratio * ratio + 1.0 / odd;
  return 2 * ratio * sum + power * kLn2;
}

double NormalDraw(Random& random) {
  double sum = -6;
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t bits = random.Next();
    for (unsigned shift = 0; shift < 63; shift += 21) {
      sum += static_cast<double>((bits >> shift) & 0x1fffffU) * 0x1.0p-21;
    }
  }
  return sum;
}

double LognormalDraw(Random& random, double median, double sigma) {
  return median * ExactExp(sigma * NormalDraw(random));
}

}  // namespace tidemark
