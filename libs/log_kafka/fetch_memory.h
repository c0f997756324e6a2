// How the process's allocator treats the buffers of fetched responses.
#pragma once

namespace tidemark {

// Makes malloc keep freed memory of the size of a response (1 MiB) instead of giving it back to the
// kernel, which would hand out each anew, page by page, zeroed. The process then keeps its largest
// working set. Call once, before threads start.
void KeepFetchMemory();

}  // namespace tidemark
