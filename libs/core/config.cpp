#include "core/config.hpp"

#include "core/settings_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <ostream>

namespace mita {
namespace {

constexpr std::size_t max_secret_file = 1 << 16;

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// "scheme://user:password@host" without what stands before the host. The last '@' ends it: a password typed unescaped
// may hold others.
std::string without_password(std::string text) {
    const auto scheme = text.find("://");
    const auto at = text.rfind('@');
    if (scheme != std::string::npos && at != std::string::npos && at > scheme)
        text.replace(scheme + 3, at - scheme - 3, "***");
    return text;
}

// One line, whatever the value holds.
std::string printable(std::string_view text) {
    std::string out = without_password(std::string(text));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return out;
}

std::optional<config::rate> parse_rate(std::string_view text) {
    if (text == "0") return config::rate{};
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    const auto quota = parse_integer(text.substr(0, semicolon));
    const auto window = parse_integer(text.substr(semicolon + 1));
    if (!quota || !window || *quota < 1 || *quota > 1'000'000'000 || *window < 1 || *window > 86'400)
        return std::nullopt;
    return config::rate{*quota, *window};
}

// Names of the MITA_ variables that are set (to something: see config::find).
std::vector<std::string> names_in_environment() {
    std::vector<std::string> out;
    for (char** at = environ; at && *at; ++at) {
        const std::string_view entry(*at);
        const auto equals = entry.find('=');
        if (entry.starts_with("MITA_") && equals != std::string_view::npos && equals + 1 < entry.size())
            out.emplace_back(entry.substr(0, equals));
    }
    return out;
}

}  // namespace

// What the file says stands over the environment: it is what a running process can be told.
config::config()
    : config(
          [](const std::string& name) -> std::optional<std::string> {
              const char* value = std::getenv(name.c_str());
              if (!value) return std::nullopt;
              return std::string(value);
          },
          names_in_environment()) {
    const auto path = look_("MITA_SETTINGS_FILE");
    if (!path || path->empty()) return;
    auto file = read_settings_file(*path);
    for (const auto& why : file.problems) problem("MITA_SETTINGS_FILE: " + why);
    for (const auto& [name, value] : file.values)
        if (name.starts_with("MITA_") && !value.empty()) given_.push_back(name);
    look_ = [over = std::move(file.values), under = std::move(look_)](const std::string& name) {
        const auto told = over.find(name);
        return told == over.end() ? under(name) : std::optional(told->second);
    };
}

config::config(lookup look, std::vector<std::string> given) : look_(std::move(look)), given_(std::move(given)) {}

std::string config::shown(std::string_view given) {
    constexpr std::size_t most = 200;
    auto text = printable(given);
    if (text.size() > most) text = text.substr(0, most) + "...";
    return "'" + text + "'";
}

std::string config::source_of(std::string_view name) const {
    const auto known =
        std::find_if(settings_.begin(), settings_.end(), [&](const setting& s) { return s.name == name; });
    return known == settings_.end() ? "default" : known->source;
}

// An empty variable counts as absent: compose files and platform panels cannot unset one.
std::optional<std::string> config::find(const std::string& name) {
    asked_.push_back(name);
    auto value = look_(name);
    if (value && value->empty()) value.reset();
    return value;
}

void config::record(std::string name, std::string value, std::string source) {
    const auto known =
        std::find_if(settings_.begin(), settings_.end(), [&](const setting& s) { return s.name == name; });
    if (known == settings_.end())
        settings_.push_back(setting{std::move(name), std::move(value), std::move(source)});
    else
        *known = setting{std::move(name), std::move(value), std::move(source)};
}

std::string config::text(std::string name, std::optional<std::string> fallback, std::string source) {
    const auto given = find(name);
    if (!given && !fallback) problem(name + ": is required and not set");
    auto value = given ? *given : fallback.value_or("");
    record(std::move(name), value, given ? "env" : std::move(source));
    return value;
}

std::int64_t config::integer(std::string name, std::optional<std::int64_t> fallback, std::int64_t min, std::int64_t max,
                             std::string source) {
    const auto given = find(name);
    if (!given && !fallback) problem(name + ": is required and not set");
    auto value = fallback.value_or(min);
    if (given) {
        const auto read = parse_integer(*given);
        if (read && *read >= min && *read <= max)
            value = *read;
        else
            problem(name + ": must be an integer from " + std::to_string(min) + " to " + std::to_string(max) + ", is " +
                    shown(*given));
    }
    record(std::move(name), given ? *given : std::to_string(value), given ? "env" : std::move(source));
    return value;
}

bool config::flag(std::string name, bool fallback, std::string source) {
    const auto given = find(name);
    bool value = fallback;
    if (given) {
        const auto& text = *given;
        if (text == "1" || text == "true" || text == "on" || text == "yes")
            value = true;
        else if (text == "0" || text == "false" || text == "off" || text == "no")
            value = false;
        else
            problem(name + ": must be on or off, is " + shown(text));
    }
    record(std::move(name), value ? "on" : "off", given ? "env" : std::move(source));
    return value;
}

std::chrono::milliseconds config::duration_ms(std::string name, std::int64_t fallback, std::int64_t min,
                                              std::int64_t max, std::string source) {
    return std::chrono::milliseconds(integer(std::move(name), fallback, min, max, std::move(source)));
}

std::string config::one_of(std::string name, std::string fallback, const std::vector<std::string>& allowed,
                           std::string source) {
    const auto given = find(name);
    auto value = fallback;
    if (given && std::find(allowed.begin(), allowed.end(), *given) == allowed.end()) {
        std::string all;
        for (const auto& a : allowed) all += (all.empty() ? "" : ", ") + a;
        problem(name + ": must be one of " + all + ", is " + shown(*given));
    } else if (given) {
        value = *given;
    }
    record(std::move(name), value, given ? "env" : std::move(source));
    return value;
}

std::vector<std::string> config::list(std::string name, std::string fallback, check accepted, std::string_view what) {
    const auto all = text(name, std::move(fallback));
    std::vector<std::string> items;
    std::string wrong;
    for (std::size_t at = 0; at <= all.size();) {
        const auto comma = std::min(all.find(',', at), all.size());
        const auto item = trim(std::string_view(all).substr(at, comma - at));
        at = comma + 1;
        if (item.empty()) continue;
        if (accepted(item))
            items.emplace_back(item);
        else
            wrong += (wrong.empty() ? "" : ", ") + shown(item);
    }
    if (!wrong.empty()) problem(name + ": must be " + std::string(what) + ", is " + wrong);
    return items;
}

// What the file at `path` holds, its line end cut; nullopt and a problem of `name` when it cannot be had.
std::optional<std::string> config::content_of(const std::string& name, const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string out(max_secret_file + 1, '\0');
    if (in.is_open()) in.read(out.data(), static_cast<std::streamsize>(out.size()));
    if (!in.is_open() || in.bad()) {
        problem(name + ": cannot be read: " + shown(path) + " (" + std::strerror(errno) + ")");
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(in.gcount());
    if (size > max_secret_file) {
        problem(name + ": is larger than 64 KiB: " + shown(path));
        return std::nullopt;
    }
    out.resize(size);
    if (out.ends_with('\n')) out.pop_back();
    if (out.ends_with('\r')) out.pop_back();
    return out;
}

secret config::secret_text(std::string name, bool required, std::size_t min_bytes) {
    auto value = find(name);
    const auto file = find(name + "_FILE");
    const bool given = value || file;
    if (value && file) {
        problem(name + ": is set both directly and by " + name + "_FILE");
    } else if (file) {
        value = content_of(name + "_FILE", *file);
        if (required && value && value->empty()) {
            problem(name + "_FILE: is empty: " + shown(*file));
            value.reset();
        }
    } else if (!given && required) {
        problem(name + ": is required and not set (or " + name + "_FILE)");
    }
    if (value && !value->empty() && value->size() < min_bytes)
        problem(name + ": must have at least " + std::to_string(min_bytes) + " bytes, has " +
                std::to_string(value->size()));
    record(std::move(name), given ? "(secret)" : "", given ? "env" : "default");
    return secret(std::move(value).value_or(""));
}

config::rate config::rate_limit(std::string name, std::string fallback) {
    const auto given = find(name);
    auto value = parse_rate(fallback).value_or(rate{});
    if (given) {
        const auto read = parse_rate(*given);
        if (read)
            value = *read;
        else
            problem(name + ": must be QUOTA;SECONDS (as 600;60) or 0, is " + shown(*given));
    }
    record(std::move(name), given.value_or(fallback), given ? "env" : "default");
    return value;
}

void config::problem(std::string line) { problems_.push_back(std::move(line)); }

void config::finish() const {
    if (problems_.empty()) return;
    std::string all;
    for (const auto& line : problems_) all += (all.empty() ? "" : "\n") + line;
    for (const auto& line : hints()) all += "\n" + line;
    throw config_error(all);
}

std::vector<misspelling> config::misspellings() const { return misspelt(given_, asked_); }

std::vector<std::string> config::hints() const {
    std::vector<std::string> out;
    for (const auto& m : misspellings())
        out.push_back(printable(m.name) + ": is no setting and has no effect, did you mean " + m.nearest + "?");
    return out;
}

void config::print(std::ostream& out) const {
    std::size_t name_width = 4;
    std::size_t value_width = 5;
    for (const auto& s : settings_) {
        name_width = std::max(name_width, s.name.size());
        value_width = std::max(value_width, std::min<std::size_t>(s.value.size(), 60));
    }
    const auto row = [&](const std::string& name, const std::string& value, const std::string& source) {
        out << std::left << std::setw(static_cast<int>(name_width)) << name << "  "
            << std::setw(static_cast<int>(value_width)) << value << "  " << source << '\n';
    };
    row("NAME", "VALUE", "SOURCE");
    for (const auto& s : settings_) row(s.name, printable(s.value), s.source);
}

}  // namespace mita
