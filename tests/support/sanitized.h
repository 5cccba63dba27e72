// Whether the tests and the programs under test are built with sanitizers, in which everything takes several times as
// long, and some calls do nothing.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // g++
#define ENVLEDGER_SANITIZED true
#elif defined(__has_feature)  // clang
#define ENVLEDGER_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define ENVLEDGER_SANITIZED false
#endif
