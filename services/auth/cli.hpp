// The commands of mita-auth that are its own: calibrate, password, jwt verify. Each returns
// an exit status.
#pragma once

#include "core/config.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mita::auth {

int calibrate_hashing(unsigned threads, unsigned cost, std::optional<double> logins_per_second,
                      std::chrono::milliseconds latency);
// Reads a password (one line) from stdin; prints the stored form, or `match`/`mismatch` (exit status 1).
int password_hash(config& from);
int password_verify(config& from, const std::string& stored);
// Reads tokens from stdin, one a line; answers `valid` or `invalid CODE` a line.
int jwt_verify(const std::string& jwks_file, const std::string& issuer, const std::string& audience,
               std::optional<long long> now);

}  // namespace mita::auth
