// Elementary functions from basic arithmetic only, so that every machine gives the same bits.
// Relative error below 1e-12, which is plenty for drawing random calls.
#pragma once

#include "base/random.h"

namespace tidemark {

double ExactExp(double x);  // REQUIRES: |x| <= 700
double ExactLog(double x);  // REQUIRES: x > 0 and normal
// A draw from the normal law, nearly: the sum of twelve uniform ones, so never beyond 6 sigma.
double NormalDraw(Random& random);
// exp(N(log(median), sigma)).
double LognormalDraw(Random& random, double median, double sigma);

}  // namespace tidemark
