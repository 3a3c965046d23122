// Settings from the environment (prefix MITA_, NAME_FILE for secrets) with the source of each value kept, so that
// `mita-x config` and /health can show them. Every error is collected and reported at once; secrets are never printed.
#pragma once

#include "core/misspelt.hpp"
#include "core/secret.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mita {

struct setting {
    std::string name;
    std::string value;   // "(secret)" for secrets that are set
    std::string source;  // default | platform | cgroup | env
};

struct config_error : std::runtime_error {
    using std::runtime_error::runtime_error;  // one line per wrong setting
};

class config {
public:
    using lookup = std::function<std::optional<std::string>(const std::string& name)>;
    config();  // reads the process environment
    // For tests; `given`: the names of the variables that are set, as far as they begin with MITA_.
    explicit config(lookup look, std::vector<std::string> given = {});

    // Each reads one setting. Without a default the setting is required. `source` names where the default came from
    // ("default", "platform", "cgroup"). A wrong value is recorded and the default (or a harmless value) returned. A
    // variable set to nothing counts as not set.
    std::string text(std::string name, std::optional<std::string> fallback, std::string source = "default");
    std::int64_t integer(std::string name, std::optional<std::int64_t> fallback, std::int64_t min, std::int64_t max,
                         std::string source = "default");
    bool flag(std::string name, bool fallback, std::string source = "default");
    std::chrono::milliseconds duration_ms(std::string name, std::int64_t fallback, std::int64_t min, std::int64_t max,
                                          std::string source = "default");
    std::string one_of(std::string name, std::string fallback, const std::vector<std::string>& allowed,
                       std::string source = "default");
    // Comma separated; each item must be accepted, `what` says what is: "must be `what`, is 'item'".
    using check = bool (*)(std::string_view item);
    std::vector<std::string> list(std::string name, std::string fallback, check accepted, std::string_view what);
    // From NAME or the file named by NAME_FILE (trailing newline cut); both set is an error.
    secret secret_text(std::string name, bool required, std::size_t min_bytes = 0);
    // "600;60" = 600 in 60 s; "0" = off.
    struct rate {
        std::int64_t quota = 0;  // 0 = off
        std::int64_t window_s = 0;
    };
    rate rate_limit(std::string name, std::string fallback);

    // "http://host:port", a '/' at its end allowed.
    struct endpoint {
        std::string host;
        std::uint16_t port = 0;
    };
    endpoint http_endpoint(std::string name, std::string fallback);
    std::string address(std::string name, std::string fallback);                // IPv4 or IPv6
    std::vector<std::string> networks(std::string name, std::string fallback);  // core/network.hpp, comma separated
    std::vector<std::string> origins(std::string name, std::string fallback);   // "https://host[:port]", likewise

    // `line` begins with the setting's name and a colon.
    void problem(std::string line);
    // For such a line: quoted, on one line, not endless, without the password of a URL.
    static std::string shown(std::string_view given);
    // Where the value of a setting read before came from: for one whose default it is.
    std::string source_of(std::string_view name) const;
    // Throws config_error listing every problem, and every misspelling beside them; returns when there is no problem.
    void finish() const;
    // What is set, read by nobody so far, and all but the name of a setting that was read.
    std::vector<misspelling> misspellings() const;
    // A line for each of them, without the value.
    std::vector<std::string> hints() const;
    const std::vector<setting>& settings() const { return settings_; }
    void print(std::ostream& out) const;  // a table: name, value, source

private:
    std::optional<std::string> find(const std::string& name);
    std::optional<std::string> content_of(const std::string& name, const std::string& path);
    void record(std::string name, std::string value, std::string source);
    lookup look_;
    std::vector<std::string> given_, asked_;  // names: set in the environment; looked up, with and without _FILE
    std::vector<setting> settings_;
    std::vector<std::string> problems_;
};

}  // namespace mita
