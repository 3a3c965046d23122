// Database URLs: taken apart by libpq itself (URI or keyword form), completed with what every connection of ours says
// at start. Used by settings, connection and migrate, which learns the role named in MITA_x_DATABASE_URL.
#pragma once

#include "core/config.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::db {

// libpq keywords, in no order, each at most once. Holds the password: not for logs.
class conninfo {
public:
    // Throws std::invalid_argument on a malformed URL, without quoting it.
    explicit conninfo(const secret& url);

    std::string value(std::string_view keyword) const;  // "" when unset
    void set(std::string_view keyword, std::string value);
    void set_default(std::string_view keyword, std::string value);
    const std::vector<std::pair<std::string, std::string>>& all() const { return pairs_; }

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

struct credentials {
    std::string user;  // "" when the URL names none
    secret password;
};

// The setting `name` (or its file). Empty when it is not set; one that libpq could not use is recorded in `from`.
secret url_setting(config& from, const std::string& name, bool required);

// The role and password a URL names, for migrate_options::service_role. Throws as conninfo.
credentials credentials_of(const secret& url);

// Session settings for the startup packet, so that no SET costs a round trip: "-c name=value ..." appended to the
// keyword `options`. Zero durations and empty texts are left out.
struct session_settings {
    session_settings() = default;
    std::string application_name;
    std::string search_path;
    std::chrono::milliseconds statement_timeout{0};
    std::chrono::milliseconds idle_in_transaction_timeout{0};
    bool generic_plans = false;
};

// The conninfo of `url` with `settings`, UTF8, keepalives (dead peer found after ~20 s idle), tcp_user_timeout (10 s of
// unacknowledged data) and no GSS negotiation (it blocks). What the URL itself says wins. Throws as conninfo.
conninfo startup_of(const secret& url, const session_settings& settings);

// Host names of `info` that would need DNS: not sockets, not numeric addresses, not given by hostaddr.
struct endpoint {
    std::string host, hostaddr, port;
    bool needs_dns = false;
};
std::vector<endpoint> endpoints_of(const conninfo& info);
// Writes endpoints back as comma lists of host, hostaddr and port.
void set_endpoints(conninfo& info, const std::vector<endpoint>& endpoints);

}  // namespace mita::db
