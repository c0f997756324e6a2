#include "expression/comparison.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace tidemark {
namespace {

constexpr unsigned kMaxPower = 38;

Int128 PowerOfTen(unsigned digits) {
  Int128 power = 1;
  for (unsigned i = 0; i < digits; ++i) power *= 10;
  return power;
}

int ThreeWay(Int128 a, Int128 b) { return (a > b) - (a < b); }

// Brings one side to the scale of the other; what overflows is larger in magnitude than anything it
// meets.
class DecimalOrder {
 public:
  DecimalOrder(const Type& left, const Type& right) {
    const unsigned left_scale = left.kind == TypeKind::kDecimal ? left.scale : 0;
    const unsigned right_scale = right.kind == TypeKind::kDecimal ? right.scale : 0;
    scale_left_ = left_scale < right_scale;
    const unsigned digits = scale_left_ ? right_scale - left_scale : left_scale - right_scale;
    beyond_ = digits > kMaxPower;
    factor_ = beyond_ ? 0 : PowerOfTen(digits);
  }
  int operator()(Int128 a, Int128 b) const {
    return scale_left_ ? CompareScaled(a, b) : -CompareScaled(b, a);
  }

 private:
  int CompareScaled(Int128 coarse, Int128 fine) const {
    Int128 scaled = 0;
    const bool overflow = beyond_ ? coarse != 0 : __builtin_mul_overflow(coarse, factor_, &scaled);
    return overflow ? ThreeWay(coarse, 0) : ThreeWay(scaled, fine);
  }

  bool scale_left_ = false;
  bool beyond_ = false;
  Int128 factor_ = 1;
};

// NaN equals itself and is greater than every number.
struct DoubleOrder {
  DoubleOrder(const Type&, const Type&) {}
  int operator()(double a, double b) const {
    if (std::isnan(a) || std::isnan(b)) return (std::isnan(a) ? 1 : 0) - (std::isnan(b) ? 1 : 0);
    return (a > b) - (a < b);
  }
};

struct BytesOrder {
  BytesOrder(const Type&, const Type&) {}
  int operator()(std::string_view a, std::string_view b) const {
    const int order = a.compare(b);
    return (order > 0) - (order < 0);
  }
};

struct Integers {
  explicit Integers(const Column& column) : data(column.integers.data()) {}
  std::int64_t operator[](std::size_t row) const { return data[row]; }
  const std::int64_t* data;
};
struct Decimals {
  explicit Decimals(const Column& column) : data(column.decimals.data()) {}
  Int128 operator[](std::size_t row) const { return data[row]; }
  const Int128* data;
};
struct Strings {
  explicit Strings(const Column& column) : data(column.strings.data()) {}
  std::string_view operator[](std::size_t row) const { return data[row]; }
  const std::string_view* data;
};
struct Doubles {
  explicit Doubles(const Column& column) : data(column.doubles.data()) {}
  double operator[](std::size_t row) const { return data[row]; }
  const double* data;
};
struct IntegersAsDoubles {
  explicit IntegersAsDoubles(const Column& column) : data(column.integers.data()) {}
  double operator[](std::size_t row) const { return static_cast<double>(data[row]); }
  const std::int64_t* data;
};
struct DecimalsAsDoubles {
  explicit DecimalsAsDoubles(const Column& column)
      : data(column.decimals.data()), scale(column.type.scale) {}
  double operator[](std::size_t row) const { return NearestDouble(data[row], scale); }
  const Int128* data;
  unsigned scale;
};

// Which of less, equal, greater make the comparison true: bit (order + 1).
constexpr unsigned AcceptedOrders(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return 0b010;
    case Operator::kNotEqual:
      return 0b101;
    case Operator::kLess:
      return 0b001;
    case Operator::kLessEqual:
      return 0b011;
    case Operator::kGreater:
      return 0b100;
    default:
      return 0b110;
  }
}

void CombineValid(const Sides& sides, std::size_t rows, Column& out) {
  const std::uint8_t* left = sides.left.valid.data();
  const std::uint8_t* right = sides.right.valid.data();
  std::uint8_t* valid = out.valid.data();
  for (std::size_t row = 0; row < rows; ++row) valid[row] = left[row] & right[row];
}

// Skips rows with a NULL: their cells are unspecified, and views among them may not be read.
template <Operator op, class Order, class Left, class Right>
void CompareByOrder(const Sides& sides, std::size_t rows, Column& out) {
  const Order order(sides.left.type, sides.right.type);
  const Left left(sides.left);
  const Right right(sides.right);
  CombineValid(sides, rows, out);
  const std::uint8_t* valid = out.valid.data();
  std::int64_t* result = out.integers.data();
  for (std::size_t row = 0; row < rows; ++row) {
    const int outcome = valid[row] != 0 ? order(left[row], right[row]) : 0;
    result[row] = AcceptedOrders(op) >> (outcome + 1) & 1;
  }
}

// Without a branch, so that it vectorises; cells of NULL rows are initialised integers.
template <Operator op>
void CompareIntegers(const Sides& sides, std::size_t rows, Column& out) {
  const std::int64_t* left = sides.left.integers.data();
  const std::int64_t* right = sides.right.integers.data();
  std::int64_t* result = out.integers.data();
  CombineValid(sides, rows, out);
  for (std::size_t row = 0; row < rows; ++row) {
    if constexpr (op == Operator::kEqual) result[row] = left[row] == right[row] ? 1 : 0;
    if constexpr (op == Operator::kNotEqual) result[row] = left[row] != right[row] ? 1 : 0;
    if constexpr (op == Operator::kLess) result[row] = left[row] < right[row] ? 1 : 0;
    if constexpr (op == Operator::kLessEqual) result[row] = left[row] <= right[row] ? 1 : 0;
    if constexpr (op == Operator::kGreater) result[row] = left[row] > right[row] ? 1 : 0;
    if constexpr (op == Operator::kGreaterEqual) result[row] = left[row] >= right[row] ? 1 : 0;
  }
}

enum class Storage : std::uint8_t { kIntegers, kDecimals, kDoubles, kStrings };

Storage StorageOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kDecimal:
      return Storage::kDecimals;
    case TypeKind::kDouble:
      return Storage::kDoubles;
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Storage::kStrings;
    case TypeKind::kList:
    case TypeKind::kObject:
      TM_CHECK(false, "lists and objects are not compared");
      return Storage::kIntegers;
    default:
      return Storage::kIntegers;
  }
}

template <Operator op>
ComparisonKernel FindDoubleKernel(Storage left, Storage right) {
  if (left == Storage::kIntegers)
    return CompareByOrder<op, DoubleOrder, IntegersAsDoubles, Doubles>;
  if (left == Storage::kDecimals)
    return CompareByOrder<op, DoubleOrder, DecimalsAsDoubles, Doubles>;
  if (right == Storage::kIntegers)
    return CompareByOrder<op, DoubleOrder, Doubles, IntegersAsDoubles>;
  if (right == Storage::kDecimals)
    return CompareByOrder<op, DoubleOrder, Doubles, DecimalsAsDoubles>;
  return CompareByOrder<op, DoubleOrder, Doubles, Doubles>;
}

template <Operator op>
ComparisonKernel FindKernel(Storage left, Storage right) {
  if (left == Storage::kStrings || right == Storage::kStrings) {
    TM_CHECK(left == right, "text is compared with text");
    return CompareByOrder<op, BytesOrder, Strings, Strings>;
  }
  if (left == Storage::kDoubles || right == Storage::kDoubles)
    return FindDoubleKernel<op>(left, right);
  if (left == Storage::kIntegers && right == Storage::kIntegers) return CompareIntegers<op>;
  if (left == Storage::kIntegers) return CompareByOrder<op, DecimalOrder, Integers, Decimals>;
  if (right == Storage::kIntegers) return CompareByOrder<op, DecimalOrder, Decimals, Integers>;
  return CompareByOrder<op, DecimalOrder, Decimals, Decimals>;
}

// "-123e-45" without an allocation: 40 digits with sign, "e-" and a scale below 256.
class DecimalText {
 public:
  DecimalText(Int128 unscaled, unsigned scale) {
    Prepend(scale);
    buffer_.at(--begin_) = '-';
    buffer_.at(--begin_) = 'e';
    Prepend(unscaled < 0 ? ~static_cast<UInt128>(unscaled) + 1 : static_cast<UInt128>(unscaled));
    if (unscaled < 0) buffer_.at(--begin_) = '-';
  }
  const char* begin() const { return buffer_.data() + begin_; }
  const char* end() const { return buffer_.data() + buffer_.size(); }

 private:
  void Prepend(UInt128 number) {
    do {
      buffer_.at(--begin_) = static_cast<char>('0' + static_cast<int>(number % 10));
      number /= 10;
    } while (number != 0);
  }

  std::array<char, 48> buffer_{};
  std::size_t begin_ = buffer_.size();
};

}  // namespace

double NearestDouble(Int128 unscaled, unsigned scale) {
  constexpr Int128 kExact = static_cast<Int128>(1) << 53;
  static constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  // Both operands are exact doubles, so one division rounds once.
  if (scale < kPowers.size() && -kExact <= unscaled && unscaled <= kExact) {
    return static_cast<double>(unscaled) / kPowers.at(scale);
  }
  const DecimalText text(unscaled, scale);
  double result = 0;
  std::from_chars(text.begin(), text.end(), result);
  return result;
}

ComparisonKernel FindComparison(Operator op, const Type& left, const Type& right) {
  const Storage l = StorageOf(left);
  const Storage r = StorageOf(right);
  switch (op) {
    case Operator::kEqual:
      return FindKernel<Operator::kEqual>(l, r);
    case Operator::kNotEqual:
      return FindKernel<Operator::kNotEqual>(l, r);
    case Operator::kLess:
      return FindKernel<Operator::kLess>(l, r);
    case Operator::kLessEqual:
      return FindKernel<Operator::kLessEqual>(l, r);
    case Operator::kGreater:
      return FindKernel<Operator::kGreater>(l, r);
    case Operator::kGreaterEqual:
      return FindKernel<Operator::kGreaterEqual>(l, r);
    default:
      TM_CHECK(false, "not a comparison");
      return nullptr;
  }
}

}  // namespace tidemark
