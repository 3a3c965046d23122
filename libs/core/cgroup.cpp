#include "core/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace mita::platform {
namespace {

// Version 1 has no "unlimited" but the largest page count in bytes; nobody has 4 EiB.
constexpr std::int64_t unlimited = std::int64_t{1} << 62;

template <class T>
void lower(std::optional<T>& limit, std::optional<T> other) {
    if (other && (!limit || *other < *limit)) limit = other;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string> words(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(std::move(word));
    return out;
}

// The words of a file's first line; none when it is not there.
std::vector<std::string> first_line(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return words(line);
}

std::optional<std::int64_t> bytes_in(const std::string& path) {
    const auto line = first_line(path);
    if (line.empty()) return std::nullopt;
    const auto value = to_integer(line[0]);  // "max" is no integer
    if (!value || *value <= 0 || *value >= unlimited) return std::nullopt;
    return value;
}

std::optional<double> ratio(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

bool has_item(std::string_view list, std::string_view item) {
    for (std::size_t at = 0; at <= list.size();) {
        const auto comma = std::min(list.find(',', at), list.size());
        if (list.substr(at, comma - at) == item) return true;
        at = comma + 1;
    }
    return false;
}

// mountinfo writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
            i += 3;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

struct mount {
    std::string root;   // what part of the hierarchy is mounted
    std::string point;  // where
    bool v2;
    std::string controllers;  // version 1: the super options, comma separated
};

// proc(5): id parent major:minor root point options optional... - type source superoptions
std::vector<mount> cgroup_mounts(const std::string& root) {
    std::ifstream in(root + "/proc/self/mountinfo");
    std::vector<mount> out;
    for (std::string line; std::getline(in, line);) {
        const auto fields = words(line);
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() < 6 || fields.end() - dash < 4) continue;
        const auto& type = dash[1];
        if (type == "cgroup" || type == "cgroup2")
            out.push_back(mount{unescape(fields[3]), unescape(fields[4]), type == "cgroup2", dash[3]});
    }
    return out;
}

// Directories from the group up to the mount point; none when the mount shows another part of the hierarchy.
std::vector<std::string> chain(const mount& m, const std::string& group) {
    std::string below;
    if (m.root == "/")
        below = group;
    else if (group.starts_with(m.root) && (group.size() == m.root.size() || group[m.root.size()] == '/'))
        below = group.substr(m.root.size());
    else if (group != "/" && !m.root.starts_with("/.."))
        return {};
    if (below.starts_with("/..")) below.clear();  // outside our cgroup namespace: only the mount itself can be asked
    while (below.ends_with('/')) below.pop_back();
    std::vector<std::string> out;
    for (; !below.empty(); below.resize(below.rfind('/'))) out.push_back(m.point + below);
    out.push_back(m.point);
    return out;
}

}  // namespace

cgroup_limits read_cgroups(const std::string& root) {
    cgroup_limits out;
    const auto mounts = cgroup_mounts(root);
    std::ifstream groups(root + "/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {  // hierarchy:controllers:path
        const auto first = line.find(':');
        const auto second = line.find(':', first == std::string::npos ? first : first + 1);
        if (second == std::string::npos || second + 1 >= line.size() || line[second + 1] != '/') continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        const auto group = line.substr(second + 1);
        const bool v2 = controllers.empty();
        for (const auto& m : mounts) {
            if (m.v2 != v2) continue;
            const bool memory = v2 || (has_item(controllers, "memory") && has_item(m.controllers, "memory"));
            const bool cpu = v2 || (has_item(controllers, "cpu") && has_item(m.controllers, "cpu"));
            if (!memory && !cpu) continue;
            for (const auto& directory : chain(m, group)) {
                const auto at = root + directory;
                if (memory && v2) {
                    lower(out.memory_bytes, bytes_in(at + "/memory.max"));
                    lower(out.memory_bytes, bytes_in(at + "/memory.high"));
                } else if (memory) {
                    lower(out.memory_bytes, bytes_in(at + "/memory.limit_in_bytes"));
                }
                if (cpu && v2) {
                    const auto max = first_line(at + "/cpu.max");
                    if (max.size() == 2) lower(out.cpus, ratio(to_integer(max[0]), to_integer(max[1])));
                } else if (cpu) {
                    const auto quota = first_line(at + "/cpu.cfs_quota_us");
                    const auto period = first_line(at + "/cpu.cfs_period_us");
                    if (!quota.empty() && !period.empty())
                        lower(out.cpus, ratio(to_integer(quota[0]), to_integer(period[0])));
                }
            }
        }
    }
    return out;
}

}  // namespace mita::platform
