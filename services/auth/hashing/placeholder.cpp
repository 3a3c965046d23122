#include "auth/hashing/async.hpp"
#include "auth/hashing/calibrate.hpp"
#include "auth/hashing/password_hasher.hpp"
// Placeholder until the library has its first translation unit.
