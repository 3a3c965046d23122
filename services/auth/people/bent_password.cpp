#include "auth/people/bent_password.hpp"

#include "auth/people/common_passwords.hpp"
#include "auth/people/keyboard_walk.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace mita::auth {

namespace {

constexpr std::size_t twice_from = 6;                          // "passwordpassword"; shorter ones are syllables
constexpr std::size_t hung_on_behind = 4, hung_on_before = 2;  // "password2026", "!!password": no more is guessed along

// A few characters over and over, or one after another: "aaaaaaaa", "12341234", "abcdefgh", "87654321".
bool is_pattern(std::string_view given) {
    constexpr std::size_t longest_unit = 4;
    if (given.size() < longest_unit) return false;
    for (std::size_t unit = 1; unit <= longest_unit; ++unit)
        if (given.substr(unit) == given.substr(0, given.size() - unit)) return true;
    const auto steps = [&given](int by) {
        const auto off = [by](char a, char b) { return b - a != by; };
        return std::adjacent_find(given.begin(), given.end(), off) == given.end();
    };
    return steps(1) || steps(-1);
}

// By halving: the lines are sorted by their bytes.
bool listed(std::string_view word) {
    std::string_view rest = common_passwords();  // begins and ends with a line end, also while it is halved
    while (rest.size() > 1) {
        const auto from = rest.rfind('\n', rest.size() / 2 - 1);
        const auto to = rest.find('\n', from + 1);
        const auto line = rest.substr(from + 1, to - from - 1);
        if (line == word) return true;
        rest = line < word ? rest.substr(to) : rest.substr(0, from + 1);
    }
    return false;
}

// What leet letters stand for; `one` is what 1, ! and | stand for: i or l.
std::string unleet(std::string_view text, char one) {
    constexpr std::string_view from = "@4803$5+796(2", to = "aaboessttgbcz";
    static_assert(from.size() == to.size());
    std::string out(text);
    for (char& c : out) {
        if (c == '1' || c == '!' || c == '|') {
            c = one;
            continue;
        }
        const auto at = from.find(c);
        if (at != std::string_view::npos) c = to[at];
    }
    return out;
}

bool decoration(char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x80 && !(c >= 'a' && c <= 'z');
}

bool word_of_many(std::string_view word) {
    if (listed(word)) return true;
    const auto half = word.size() / 2;
    if (half >= twice_from && word.size() % 2 == 0 && word.substr(0, half) == word.substr(half) &&
        listed(word.substr(0, half)))
        return true;
    const std::string back(word.rbegin(), word.rend());
    return listed(back);
}

bool bent_word_of_many(std::string_view word) {
    return word_of_many(word) || word_of_many(unleet(word, 'i')) || word_of_many(unleet(word, 'l'));
}

}  // namespace

bool is_common_password(std::string_view password) {
    const std::string typed = text::fold(password);
    if (is_pattern(typed) || is_keyboard_walk(typed)) return true;

    std::string key = text::search_key(typed);
    std::erase(key, ' ');  // "pass word1"
    const auto last = std::find_if_not(key.rbegin(), key.rend(), decoration).base();
    const auto tail = std::string_view(key).substr(static_cast<std::size_t>(last - key.begin()));
    // "password1234567": all of a tail that is no secret itself.
    if (tail.size() > hung_on_behind && tail.size() < key.size() && (is_pattern(tail) || is_keyboard_walk(tail)) &&
        bent_word_of_many(std::string_view(key).substr(0, key.size() - tail.size())))
        return true;
    if (tail.size() == key.size()) return listed(key);  // digits alone: as they stand, or not at all
    for (std::size_t behind = 0; behind <= std::min(hung_on_behind, tail.size()); ++behind) {
        std::string_view word = std::string_view(key).substr(0, key.size() - behind);
        for (std::size_t before = 0; before <= hung_on_before && !word.empty(); ++before) {
            if (bent_word_of_many(word)) return true;
            if (!decoration(word.front())) break;
            word.remove_prefix(1);
        }
    }
    return false;
}

}  // namespace mita::auth
