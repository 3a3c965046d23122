// The file that MITA_SETTINGS_FILE names: a line NAME=value each, as systemd's EnvironmentFile has them; lines that are
// empty or begin with # mean nothing, one pair of quotes around a value is not part of it. Used by config.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mita {

struct settings_file {
    std::map<std::string, std::string, std::less<>> values;
    std::vector<std::string> problems;  // "line 3: ...", never with a value
};

// Never throws; what cannot be read is a problem.
settings_file read_settings_file(const std::string& path);

}  // namespace mita
