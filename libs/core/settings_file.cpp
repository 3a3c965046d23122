#include "core/settings_file.hpp"

#include "core/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace mita {

namespace {

constexpr std::size_t most = 1 << 16;

std::string_view trimmed(std::string_view s) {
    constexpr std::string_view blank = " \t\r";
    const auto begin = s.find_first_not_of(blank);
    return begin == std::string_view::npos ? std::string_view()
                                           : s.substr(begin, s.find_last_not_of(blank) - begin + 1);
}

bool is_setting_name(std::string_view s) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    return !s.empty() && letter(s.front()) &&
           std::all_of(s.begin(), s.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string_view unquoted(std::string_view s) {
    const bool quoted = s.size() >= 2 && (s.front() == '"' || s.front() == '\'') && s.back() == s.front();
    return quoted ? s.substr(1, s.size() - 2) : s;
}

// What is wrong with the line, or empty.
std::string take(std::string_view line, settings_file& to) {
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_setting_name(name)) return "must be NAME=value";
    if (name == "MITA_SETTINGS_FILE") return "MITA_SETTINGS_FILE is for the environment alone";
    const auto value = unquoted(trimmed(line.substr(equals + 1)));
    if (value.find('\0') != std::string_view::npos) return "holds a NUL";
    if (!to.values.emplace(name, value).second) return std::string(name) + " stands here a second time";
    return {};
}

}  // namespace

settings_file read_settings_file(const std::string& path) {
    settings_file out;
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(most + 1, '\0');
    if (in.is_open()) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        out.problems.push_back("cannot be read: " + config::shown(path) + " (" + std::strerror(errno) + ")");
        return out;
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) {
        out.problems.push_back("is larger than 64 KiB: " + config::shown(path));
        return out;
    }
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = trimmed(std::string_view(text).substr(at, end - at));
        at = end + 1;
        ++number;
        if (line.empty() || line.front() == '#') continue;
        if (auto wrong = take(line, out); !wrong.empty())
            out.problems.push_back("line " + std::to_string(number) + " of " + config::shown(path) + ": " + wrong);
    }
    return out;
}

}  // namespace mita
