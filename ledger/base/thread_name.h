// Names for threads, as `top -H` and debuggers show them.
#pragma once

#include <pthread.h>

namespace envledger {

// Names the calling thread; at most 15 characters.
inline void NameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace envledger
