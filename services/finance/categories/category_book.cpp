#include "finance/categories/category_book.hpp"

#include "finance/categories/words.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace mita::finance {

// What the person's own words stand for, first come first served, archived categories left out.
struct category_book::word_index {
    std::once_flag made;
    std::unordered_map<std::string, std::size_t> entry_of;

    void make(const std::vector<category_entry>& entries) {
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto& e = entries[i];
            if (e.archived || e.version == 0) continue;
            entry_of.try_emplace(word_of(e.name), i);
            for (const auto& alias : e.aliases) entry_of.try_emplace(word_of(alias), i);
        }
        entry_of.erase("");
    }
};

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

category_book::category_book(std::vector<category_entry> own) : words_(std::make_shared<word_index>()) {
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
    const auto wanted = word_of(text);
    std::call_once(words_->made, [this] { words_->make(entries_); });
    const auto own = words_->entry_of.find(wanted);
    if (own != words_->entry_of.end()) return entries_[own->second].id;
    const auto built_in = resolve_category(wanted);
    if (!built_in) return std::nullopt;
    const auto* entry = find(*built_in);
    if (entry == nullptr || entry->archived) return std::nullopt;
    return entry->id;
}

std::unordered_map<std::string, std::string> category_book::taken_words(std::string_view except) const {
    std::unordered_map<std::string, std::string> out;
    for (const auto& e : entries_) {
        if (e.id == except) continue;
        out.try_emplace(word_of(e.id), e.id);
        out.try_emplace(word_of(e.name), e.id);
        for (const auto& alias : e.aliases) out.try_emplace(word_of(alias), e.id);
    }
    out.erase("");
    return out;
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
