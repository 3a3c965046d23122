#include "http/matcher.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace mita::http {

namespace {

constexpr std::size_t verbs = 7;

struct edge {
    std::string_view label;  // a literal segment, or the verb after {name}: ("" for a bare {name})
    std::size_t node;
};

struct node {
    std::vector<edge> literals, params;  // sorted by label
    std::array<int, verbs> routes;
    std::string allow;
    node() { routes.fill(-1); }
};

const edge* lookup(const std::vector<edge>& edges, std::string_view label) {
    const auto at = std::lower_bound(edges.begin(), edges.end(), label,
                                     [](const edge& e, std::string_view l) { return e.label < l; });
    return at != edges.end() && at->label == label ? &*at : nullptr;
}

[[noreturn]] void malformed(std::string_view path, const char* why) {
    throw std::invalid_argument("route " + std::string(path) + ": " + why);
}

}  // namespace

struct matcher::impl {
    std::vector<node> nodes = std::vector<node>(1);

    std::size_t child(std::size_t from, std::string_view path, std::string_view segment) {
        const bool param = segment.front() == '{';
        std::string_view label = segment;
        if (param) {
            const std::size_t close = segment.find('}');
            if (close == std::string_view::npos || close < 2) malformed(path, "bad {name}");
            label = segment.substr(close + 1);
            if (!label.empty() && (label.front() != ':' || label.size() < 2)) malformed(path, "text after {name}");
            if (!label.empty()) label.remove_prefix(1);
        }
        if (label.find_first_of("{}") != std::string_view::npos) malformed(path, "a {name} must start its segment");
        {
            const edge* known = lookup(param ? nodes[from].params : nodes[from].literals, label);
            if (known != nullptr) return known->node;
        }
        nodes.emplace_back();
        std::vector<edge>& edges = param ? nodes[from].params : nodes[from].literals;
        const auto at = std::lower_bound(edges.begin(), edges.end(), label,
                                         [](const edge& e, std::string_view l) { return e.label < l; });
        edges.insert(at, edge{label, nodes.size() - 1});
        return nodes.size() - 1;
    }

    void add(const route_key& route, int index) {
        std::string_view rest = route.path;
        if (rest.empty() || rest.front() != '/') malformed(route.path, "must start with /");
        std::size_t at = 0, params = 0;
        rest.remove_prefix(1);
        while (!rest.empty()) {
            const std::size_t slash = rest.find('/');
            const std::string_view segment = rest.substr(0, slash);
            if (segment.empty() || slash == rest.size() - 1) malformed(route.path, "empty segment");
            if (segment.front() == '{' && ++params > 4) malformed(route.path, "more than four {name}s");
            at = child(at, route.path, segment);
            rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        }
        int& slot = nodes[at].routes[static_cast<std::size_t>(route.method)];
        if (slot != -1) malformed(route.path, "given twice");
        slot = index;
    }

    void finish() {
        for (node& n : nodes) {
            n.allow.clear();
            for (std::size_t v = 0; v < verbs; ++v) {
                const bool head =
                    static_cast<verb>(v) == verb::head && n.routes[static_cast<std::size_t>(verb::get)] != -1;
                if (n.routes[v] == -1 && !head) continue;
                n.allow.append(n.allow.empty() ? "" : ", ").append(name(static_cast<verb>(v)));
            }
            const bool options = n.routes[static_cast<std::size_t>(verb::options)] != -1;
            if (!n.allow.empty() && !options) n.allow.append(", OPTIONS");
        }
    }

    // The node for the rest of the path; 0 (the root) for none. Depth is that of the table.
    std::size_t walk(std::size_t at, std::string_view rest, result& out, std::size_t params) const {
        const std::size_t slash = rest.find('/');
        const std::string_view segment = rest.substr(0, slash);
        if (segment.empty()) return 0;
        const node& here = nodes[at];
        if (const edge* e = lookup(here.literals, segment)) {
            const std::size_t found = onward(e->node, rest, slash, out, params);
            if (found != 0) return found;
        }
        if (here.params.empty() || params == out.params.size()) return 0;
        const std::size_t colon = segment.rfind(':');
        if (colon == 0) return 0;
        const std::string_view value = segment.substr(0, colon);
        if (value.find(':') != std::string_view::npos) return 0;
        const edge* e =
            lookup(here.params, colon == std::string_view::npos ? std::string_view() : segment.substr(colon + 1));
        if (e == nullptr || (colon != std::string_view::npos && e->label.empty())) return 0;
        const std::size_t found = onward(e->node, rest, slash, out, params + 1);
        if (found != 0) out.params[params] = value;
        return found;
    }

    std::size_t onward(std::size_t next, std::string_view rest, std::size_t slash, result& out,
                       std::size_t params) const {
        if (slash == std::string_view::npos) return nodes[next].allow.empty() ? 0 : next;
        return walk(next, rest.substr(slash + 1), out, params);
    }
};

matcher::matcher(std::span<const route_key> routes) : impl_(std::make_unique<impl>()) {
    int index = 0;
    for (const route_key& route : routes) impl_->add(route, index++);
    impl_->finish();
}

matcher::~matcher() = default;

matcher::result matcher::find(verb method, std::string_view path) const {
    result out;
    if (path.empty() || path.front() != '/') return out;
    std::size_t found = 0;
    if (path.size() > 1) {
        found = impl_->walk(0, path.substr(1), out, 0);
        if (found == 0) return out;
    }
    const node& n = impl_->nodes[found];
    out.allow = n.allow;
    out.index = n.routes[static_cast<std::size_t>(method)];
    if (out.index == -1 && method == verb::head) out.index = n.routes[static_cast<std::size_t>(verb::get)];
    return out;
}

}  // namespace mita::http
