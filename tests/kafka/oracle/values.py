"""The texts that the contract prescribes for values, times and keys, and the partition of a key."""
import datetime
import decimal
import functools
import json

EPOCH = datetime.datetime(1970, 1, 1)
STEPS_PER_OCTAVE = 32
MAX_BUCKETS = 320
PRECISE = decimal.Context(prec=150, rounding=decimal.ROUND_HALF_UP)
MICRO = decimal.Decimal("0.000001")

text = functools.partial(json.dumps, ensure_ascii=False)


def time(ms):
    """RFC 3339 in UTC; milliseconds only if they are not zero."""
    at = (EPOCH + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{at}.{ms % 1000:03d}Z" if ms % 1000 else f"{at}Z"


def decimal_text(micros):
    """A number of millionths as the shortest decimal."""
    whole, fraction = divmod(micros, 1_000_000)
    return f"{whole}.{fraction:06d}".rstrip("0") if fraction else str(whole)


def quotient(part, whole):
    """part / whole with at most 6 fraction digits, half away from zero; null if the whole is nothing."""
    if whole == 0:
        return "null"
    micros, rest = divmod(part * 1_000_000, whole)
    return decimal_text(micros + (1 if rest * 2 >= whole else 0))


@functools.lru_cache(maxsize=None)
def bucket(value):
    """The i with g^i < value <= g^(i+1), g = 2^(1/32): 2^i < value^32 <= 2^(i+1)."""
    return (value**STEPS_PER_OCTAVE - 1).bit_length() - 1


@functools.lru_cache(maxsize=None)
def middle_micros(index, squarings):
    """The middle of a bucket, 2g / (1 + g) * g^i, in millionths."""
    g = PRECISE.power(2, PRECISE.divide(2**squarings, STEPS_PER_OCTAVE))
    middle = PRECISE.divide(2 * PRECISE.power(g, index + 1), 1 + g)
    return int(PRECISE.quantize(middle, MICRO).scaleb(6, PRECISE))


def percentile(values, numerator, denominator):
    """Nearest rank of ceil(p * n); the middle of its bucket, within the smallest and the largest value."""
    if not values:
        return "null"
    values = sorted(values)
    rank = -(-numerator * len(values) // denominator)
    value = values[max(rank, 1) - 1]
    if rank == 0 or value == 0:
        return str(value)
    low, high = bucket(next(v for v in values if v > 0)), bucket(values[-1])
    squarings = 0
    while (high >> squarings) - (low >> squarings) + 1 > MAX_BUCKETS:
        squarings += 1
    middle = middle_micros(bucket(value) >> squarings, squarings)
    return decimal_text(min(max(middle, values[0] * 1_000_000), values[-1] * 1_000_000))


@functools.lru_cache(maxsize=None)
def partition_of(key, partitions):
    """The partition that Kafka's Java client gives to a key: murmur2, made positive, modulo."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(key[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    rest = key[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    h ^= h >> 15
    return (h & 0x7FFFFFFF) % partitions
