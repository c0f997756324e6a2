#include <algorithm>
#include <array>
#include <bit>
#include <new>

#include "aggregate/aggregate.h"

namespace tidemark {
namespace {

constexpr std::size_t kSmallestBlock = 32;
constexpr std::size_t kFirstChunk = 4'096;
constexpr std::size_t kLargestChunk = 1'048'576;  // blocks beyond it get a chunk of their own
constexpr std::size_t kClasses = 64;

std::size_t BlockSize(std::size_t size) { return std::bit_ceil(std::max(size, kSmallestBlock)); }
std::size_t ClassOf(std::size_t block_size) {
  return static_cast<std::size_t>(std::countr_zero(block_size));
}

struct FreeBlock {
  FreeBlock* next;
};

}  // namespace

struct StateArena::Impl {
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;  // aligned to 16 by operator new
    std::size_t size;
  };
  std::vector<Chunk> chunks;
  std::size_t current = 0;  // chunk that blocks are cut from; earlier ones are used up
  std::size_t used = 0;     // bytes of it
  std::size_t held = 0;
  std::array<FreeBlock*, kClasses> free{};

  std::byte* Cut(std::size_t size) {
    while (current < chunks.size() && chunks[current].size - used < size) {
      ++current;
      used = 0;
    }
    if (current == chunks.size()) AddChunk(size);
    std::byte* block = chunks[current].memory.get() + used;
    used += size;
    return block;
  }

  void AddChunk(std::size_t at_least) {
    const std::size_t size = std::max(at_least, std::clamp(held, kFirstChunk, kLargestChunk));
    chunks.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
    held += size;
  }
};

StateArena::StateArena() : impl_(std::make_unique<Impl>()) {}
StateArena::~StateArena() = default;
StateArena::StateArena(StateArena&&) noexcept = default;
StateArena& StateArena::operator=(StateArena&&) noexcept = default;

std::byte* StateArena::Allocate(std::size_t size) {
  const std::size_t block_size = BlockSize(size);
  FreeBlock*& list = impl_->free.at(ClassOf(block_size));
  if (list == nullptr) return impl_->Cut(block_size);
  FreeBlock* block = list;
  list = block->next;
  return reinterpret_cast<std::byte*>(block);
}

void StateArena::Free(std::byte* block, std::size_t size) {
  FreeBlock*& list = impl_->free.at(ClassOf(BlockSize(size)));
  list = new (block) FreeBlock{list};
}

void StateArena::Reset() {
  impl_->free.fill(nullptr);
  impl_->current = 0;
  impl_->used = 0;
}

std::size_t StateArena::bytes() const { return impl_->held; }

}  // namespace tidemark
