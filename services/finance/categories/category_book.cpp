#include "finance/categories/category_book.hpp"

#include "http/page.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

std::string fold(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == ' ' || c == '-' || c == '_' || c == '/' || c == '&') continue;
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

}  // namespace

std::string place_of(const category_entry& e) {
    constexpr std::uint8_t after_built_in = 255;
    std::string out(1, static_cast<char>(e.cls));
    if (e.built_in) {
        const auto all = default_categories();
        const auto found = std::ranges::find(all, std::string_view(e.id), &default_category::id);
        return out += static_cast<char>(static_cast<unsigned char>(found - all.begin()));
    }
    out += static_cast<char>(after_built_in);
    return out += http::ascending_bytes(e.created_at.time_since_epoch().count()) + e.id;
}

category_book::category_book() : category_book(std::vector<category_entry>()) {}

category_book::category_book(std::vector<category_entry> own) {
    for (const auto& d : default_categories()) {
        category_entry e;
        e.id = d.id;
        e.name = d.name;
        e.cls = d.cls;
        e.built_in = true;
        e.weight_bp = d.weight_bp;
        entries_.push_back(std::move(e));
    }
    for (auto& mine : own) {
        const auto found = std::ranges::find(entries_, mine.id, &category_entry::id);
        if (found != entries_.end()) {
            mine.built_in = found->built_in;
            mine.weight_bp = found->weight_bp;
            *found = std::move(mine);
        } else {
            entries_.push_back(std::move(mine));
        }
    }
    // By class, else in the order above.
    std::vector<category_entry> sorted;
    for (auto cls = category_class::protected_; cls <= category_class::income;
         cls = static_cast<category_class>(static_cast<int>(cls) + 1)) {
        for (auto& e : entries_)
            if (e.cls == cls) sorted.push_back(std::move(e));
    }
    entries_ = std::move(sorted);
}

const category_entry* category_book::find(std::string_view id) const {
    const auto found = std::ranges::find(entries_, id, &category_entry::id);
    return found == entries_.end() ? nullptr : &*found;
}

std::size_t category_book::position(std::string_view id) const {
    return static_cast<std::size_t>(std::ranges::find(entries_, id, &category_entry::id) - entries_.begin());
}

std::optional<std::string> category_book::resolve(std::string_view text) const {
    if (const auto* exact = find(text); exact != nullptr && !exact->archived) return exact->id;
    const auto wanted = fold(text);
    if (wanted.empty()) return std::nullopt;
    for (const auto& e : entries_) {
        if (e.archived || e.version == 0) continue;
        const bool named = fold(e.name) == wanted ||
                           std::ranges::any_of(e.aliases, [&](const auto& alias) { return fold(alias) == wanted; });
        if (named) return e.id;
    }
    const auto built_in = resolve_category(text);
    if (!built_in) return std::nullopt;
    const auto* entry = find(*built_in);
    if (entry == nullptr || entry->archived) return std::nullopt;
    return entry->id;
}

const category_entry* category_book::clash(std::string_view text, std::string_view except) const {
    const auto wanted = fold(text);
    for (const auto& e : entries_) {
        if (e.id == except) continue;
        const bool same = fold(e.id) == wanted || fold(e.name) == wanted ||
                          std::ranges::any_of(e.aliases, [&](const auto& alias) { return fold(alias) == wanted; });
        if (same) return &e;
    }
    return nullptr;
}

std::string category_book::list() const {
    std::string out;
    for (const auto& e : entries_) {
        if (e.archived) continue;
        if (!out.empty()) out += ", ";
        out += e.id;
    }
    return out;
}

}  // namespace mita::finance
