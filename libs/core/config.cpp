#include "core/config.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
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

// One line, whatever the value holds.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    return out;
}

std::string shown(std::string_view text) { return "'" + printable(text) + "'"; }

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

}  // namespace

config::config()
    : config([](const std::string& name) -> std::optional<std::string> {
          const char* value = std::getenv(name.c_str());
          if (!value) return std::nullopt;
          return std::string(value);
      }) {}

config::config(lookup look) : look_(std::move(look)) {}

// An empty variable counts as absent: compose files and platform panels cannot unset one.
std::optional<std::string> config::find(const std::string& name) {
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
    record(std::move(name), std::to_string(value), given ? "env" : std::move(source));
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

std::vector<std::string> config::list(std::string name, std::string fallback) {
    const auto all = text(std::move(name), std::move(fallback));
    std::vector<std::string> items;
    for (std::size_t at = 0; at <= all.size();) {
        const auto comma = std::min(all.find(',', at), all.size());
        const auto item = trim(std::string_view(all).substr(at, comma - at));
        if (!item.empty()) items.emplace_back(item);
        at = comma + 1;
    }
    return items;
}

secret config::secret_text(std::string name, bool required, std::size_t min_bytes) {
    auto direct = find(name);
    const auto file = find(name + "_FILE");
    std::string source = direct ? "env" : "default";
    std::string value;
    if (direct && file) {
        problem(name + ": is set both directly and by " + name + "_FILE");
    } else if (direct) {
        value = std::move(*direct);
    } else if (file) {
        source = "file";
        std::ifstream in(*file, std::ios::binary);
        value.resize(max_secret_file + 1);
        in.read(value.data(), static_cast<std::streamsize>(value.size()));
        const auto read = in.gcount();
        if (!in.is_open() || in.bad()) problem(name + "_FILE: cannot be read: " + shown(*file));
        if (static_cast<std::size_t>(read) > max_secret_file) problem(name + "_FILE: is larger than 64 KiB");
        value.resize(static_cast<std::size_t>(read));
        if (value.ends_with('\n')) value.pop_back();
        if (value.ends_with('\r')) value.pop_back();
    }
    if (value.empty() && required && !(direct && file))
        problem(name + ": is required and not set (or " + name + "_FILE)");
    else if (!value.empty() && value.size() < min_bytes)
        problem(name + ": must have at least " + std::to_string(min_bytes) + " bytes");
    record(std::move(name), value.empty() ? "" : "(secret)", std::move(source));
    return secret(std::move(value));
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
    record(std::move(name), given ? *given : std::move(fallback), given ? "env" : "default");
    return value;
}

config::endpoint config::http_endpoint(std::string name, std::string fallback) {
    auto url = text(name, std::move(fallback));
    constexpr std::string_view scheme = "http://";
    std::string_view rest(url);
    endpoint out;
    if (rest.starts_with(scheme)) {
        rest.remove_prefix(scheme.size());
        if (rest.ends_with('/')) rest.remove_suffix(1);
        const auto colon = std::min(rest.rfind(':'), rest.size());
        const auto port = parse_integer(rest.substr(std::min(colon + 1, rest.size())));
        out.host = rest.substr(0, colon);
        if (port && *port > 0 && *port <= 65535) out.port = static_cast<std::uint16_t>(*port);
    }
    if (out.host.empty() || out.host.find('/') != std::string::npos || out.port == 0)
        problem(name + ": must be http://host:port, is " + shown(url));
    return out;
}

void config::problem(std::string line) { problems_.push_back(std::move(line)); }

void config::finish() const {
    if (problems_.empty()) return;
    std::string all;
    for (const auto& line : problems_) all += (all.empty() ? "" : "\n") + line;
    throw config_error(all);
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
