#include "finance/categories/category_body.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "finance/categories/words.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t longest = 64;
constexpr std::size_t most_aliases = 50;
constexpr const char* only_separators = "Must be more than spaces and separators.";

bool is_id_start(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_id_char(char c) { return is_id_start(c) || c == '_' || c == '-'; }

// Words the API uses where a category could stand.
bool is_reserved(std::string_view id) { return id == "unallocated" || id == "none"; }

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= longest && is_id_start(id.front()) && std::ranges::all_of(id, is_id_char) &&
           !is_reserved(id);
}

// "Dog food!" -> "dog_food"; a number behind it when that is taken.
using word_map = std::unordered_map<std::string, std::string>;

std::string id_from(std::string_view name, const word_map& taken) {
    std::string stem;
    for (const char c : name) {
        const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (is_id_start(low))
            stem += low;
        else if (!stem.empty() && stem.back() != '_')
            stem += '_';
    }
    while (!stem.empty() && stem.back() == '_') stem.pop_back();
    stem.resize(std::min(stem.size(), longest - 4));
    if (stem.empty() || is_reserved(stem)) stem = "category";
    std::string id = stem;
    for (int n = 2; taken.contains(word_of(id)); ++n) id = stem + "_" + std::to_string(n);
    return id;
}

void read_class(json_object& in, category_entry& e) {
    const auto text = in.string("class", 1, longest);
    if (text.empty()) return;
    const auto cls = parse_class(text);
    if (cls)
        e.cls = *cls;
    else
        in.fail("class", "invalid_value", "One of protected, essential, flexible, discretionary, income.");
}

void read_own_name(json_object& in, category_entry& e) {
    const std::string before = e.name;
    e.name = read_name(in, "name", longest, {&before, 1});
    if (!e.name.empty() && e.name != before && word_of(e.name).empty()) in.fail("name", "too_short", only_separators);
}

void read_own_aliases(json_document& doc, json_object& in, category_entry& e) {
    const auto before = e.aliases;
    e.aliases = read_names(doc, in, "aliases", most_aliases, longest, before);
    for (std::size_t i = 0; i < e.aliases.size(); ++i) {
        const bool says_nothing = !text::fold(e.aliases[i]).empty() && word_of(e.aliases[i]).empty();
        if (says_nothing && std::ranges::find(before, e.aliases[i]) == before.end())
            doc.fail(in.pointer("aliases") + "/" + std::to_string(i), "too_short", only_separators);
    }
}

void refuse_clashes(const std::vector<std::string>& texts, const word_map& taken) {
    for (const auto& text : texts) {
        const auto other = taken.find(word_of(text));
        if (other != taken.end())
            throw api_error(409, "already_exists",
                            "\"" + text + "\" already means the category " + other->second + ".");
    }
}

// What of the entry's words is new; those it has may stay, whatever they are.
std::vector<std::string> new_words(const category_entry& e, const category_entry& before) {
    std::vector<std::string> out;
    if (word_of(e.name) != word_of(before.name)) out.push_back(e.name);
    for (const auto& alias : e.aliases)
        if (std::ranges::find(before.aliases, alias) == before.aliases.end()) out.push_back(alias);
    return out;
}

}  // namespace

category_entry read_new_category(json_document& doc, const category_book& book) {
    auto in = doc.object();
    category_entry e;
    e.version = 1;
    read_own_name(in, e);
    read_class(in, e);
    read_own_aliases(doc, in, e);
    const auto id = in.optional_string("id", 1, longest);
    if (id && !id->empty() && !is_id(*id))
        in.fail("id", "invalid_value",
                "Small letters, digits, _ and -, beginning with a letter or digit; not unallocated or none.");
    const auto own = std::ranges::count_if(book.entries(), [](const auto& c) { return !c.built_in; });
    if (static_cast<std::size_t>(own) >= most_own_categories)
        doc.fail("", "too_many", "At most " + std::to_string(most_own_categories) + " categories of your own.");
    doc.finish();
    if (id && book.find(*id) != nullptr) throw api_error(409, "already_exists", "A category with this id exists.");
    auto words = e.aliases;
    words.push_back(e.name);
    if (id) words.push_back(*id);
    const auto taken = book.taken_words({});
    refuse_clashes(words, taken);
    e.id = id ? *id : id_from(e.name, taken);
    return e;
}

category_entry read_category_patch(std::string_view body, const category_entry& before, const category_book& book) {
    json_document doc(body);
    auto in = doc.object();
    auto e = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("name")) read_own_name(in, e);
    if (in.has("class")) read_class(in, e);
    if (in.has("aliases")) read_own_aliases(doc, in, e);
    if (in.has("archived")) e.archived = in.boolean("archived");
    e.version = before.version + 1;
    doc.finish();
    refuse_clashes(new_words(e, before), book.taken_words(e.id));
    return e;
}

void append(json_out& out, const category_entry& e) {
    out.open('{').field("id", e.id).field("name", e.name).field("class", class_name(e.cls)).key("aliases").open('[');
    for (const auto& alias : e.aliases) out.value(std::string_view(alias));
    out.close(']').field("archived", e.archived).field("default", e.built_in).close('}');
}

std::string tag_of(const category_entry& e) { return "c" + std::to_string(e.version); }

}  // namespace mita::finance
