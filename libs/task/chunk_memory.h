// Memory that is handed out piece by piece, dropped as a whole and kept for reuse. Thread: owned by
// one task thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/check.h"

namespace tidemark {

class ChunkMemory {
 public:
  static constexpr std::size_t kChunkBytes = 256U << 10U;

  // A piece of unspecified content, aligned to 8; it stays where it is until Clear.
  // REQUIRES: size <= kChunkBytes.
  std::byte* Allocate(std::size_t size) {
    TM_CHECK(size <= kChunkBytes, "a piece fits one chunk");
    size = (size + 7) & ~std::size_t{7};
    if (chunk_ < chunks_.size() && used_ + size > kChunkBytes) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size())
      chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kChunkBytes));
    std::byte* const piece = chunks_[chunk_].get() + used_;
    used_ += size;
    return piece;
  }
  // Drops every piece.
  void Clear() {
    chunk_ = 0;
    used_ = 0;
  }
  // Bytes handed out since the last Clear, with what was left over of full chunks.
  std::size_t bytes() const { return chunk_ * kChunkBytes + used_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t chunk_ = 0;  // the one that is filled
  std::size_t used_ = 0;   // bytes of it
};

}  // namespace tidemark
