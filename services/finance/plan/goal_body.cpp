#include "finance/plan/goal_body.hpp"

#include "core/error.hpp"
#include "core/ids.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t longest_goal_name = 100;

void read_goal_account(json_object& in, plan_inputs::goal& g, const account_book& accounts, const plan_inputs* before) {
    const auto id = read_reference(in, "account_id");
    g.account = id ? id->str() : std::string();
    if (!id) return;
    const auto* found = accounts.find(*id);
    const bool kept = before != nullptr &&
                      std::ranges::find(before->goals, g.account, &plan_inputs::goal::account) != before->goals.end();
    if (found == nullptr)
        in.fail("account_id", "unknown_account", "No such account.");
    else if (found->archived && !kept)
        in.fail("account_id", "archived_account", "This account is archived.");
}

// By a day, or by what each month puts aside: one of them.
void judge_end(json_object& in, const plan_inputs::goal& g, bool by, bool monthly) {
    if (by && monthly)
        in.fail("monthly_money", "ambiguous", "Give by or monthly_money, not both.");
    else if (!g.by && !g.monthly && !by && !monthly)
        in.fail("by", "required", "A goal has a day, by, or what each month puts aside, monthly_money.");
}

// The first is the most important.
std::size_t place_at(plan_inputs& inputs, std::size_t which, std::optional<std::int64_t> priority) {
    if (!priority) return which;
    const auto wanted = std::min(static_cast<std::size_t>(*priority) - 1, inputs.goals.size() - 1);
    const auto begin = inputs.goals.begin();
    const auto from = begin + static_cast<std::ptrdiff_t>(which), to = begin + static_cast<std::ptrdiff_t>(wanted);
    if (to < from)
        std::rotate(to, from, from + 1);
    else
        std::rotate(from, from + 1, to + 1);
    return wanted;
}

std::optional<std::int64_t> priority_of(json_object& in) {
    return in.optional_integer("priority", 1, static_cast<std::int64_t>(most_goals));
}

void check_sum(json_object& in, const plan_inputs& inputs) {
    wide sum = 0;
    for (const auto& g : inputs.goals) sum += g.target;
    if (!narrow128(sum)) in.fail("target_money", "amount_overflow", "The sum leaves the range of exact amounts.");
}

}  // namespace

goal_members read_goal(json_object& in, plan_inputs::goal& g, std::string_view currency, const account_book& accounts,
                       const plan_inputs* before) {
    goal_members said;
    g.target = read_money(in, "target_money", currency, 0, max_amount).value_or(0);
    const bool by = !left_out(in, "by"), monthly = !left_out(in, "monthly_money");
    if (by) g.by = read_day(in, "by");
    if (monthly) g.monthly = read_money(in, "monthly_money", currency, 1, max_amount);
    judge_end(in, g, by, monthly);
    said.paused = !left_out(in, "paused");
    if (said.paused) g.paused = in.boolean("paused");
    said.account = in.has("account_id");
    if (said.account) read_goal_account(in, g, accounts, before);
    return said;
}

void keep_unsaid(plan_inputs::goal& g, const plan_inputs::goal& before, goal_members said) {
    if (!said.paused) g.paused = before.paused;
    if (!said.account) g.account = before.account;
    g.contributed = before.contributed;
}

std::size_t add_goal(json_document& doc, plan_inputs& inputs, const account_book& accounts) {
    auto in = doc.object();
    plan_inputs::goal g;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    g.id = (id ? *id : new_uuid()).str();
    g.name = read_name(in, "name", longest_goal_name);
    read_goal(in, g, inputs.currency, accounts, nullptr);
    const auto priority = priority_of(in);
    if (inputs.goals.size() >= most_goals)
        doc.fail("", "too_many", "At most " + std::to_string(most_goals) + " goals.");
    const bool there = std::ranges::find(inputs.goals, g.id, &plan_inputs::goal::id) != inputs.goals.end();
    inputs.goals.push_back(std::move(g));
    check_sum(in, inputs);
    finish_body(doc);
    if (there) throw api_error(409, "already_exists", "A goal with this id exists.");
    return place_at(inputs, inputs.goals.size() - 1, priority);
}

std::size_t patch_goal(std::string_view body, plan_inputs& inputs, std::size_t which, const account_book& accounts) {
    json_document doc(body);
    auto in = doc.object();
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    const auto before = inputs;
    auto& g = inputs.goals[which];
    if (in.has("name")) g.name = read_name(in, "name", longest_goal_name, {&before.goals[which].name, 1});
    if (in.has("target_money"))
        g.target = merge_money(in, "target_money", inputs.currency, g.target).value_or(g.target);
    if (g.target < 0) doc.fail("/target_money/amount", "out_of_range", "Must be at least 0.");
    const bool by = !left_out(in, "by"), monthly = !left_out(in, "monthly_money");
    if (by || in.has("by")) g.by = by ? read_day(in, "by") : std::nullopt;
    if (monthly || in.has("monthly_money"))
        g.monthly = monthly ? merge_money(in, "monthly_money", inputs.currency, g.monthly.value_or(0)) : std::nullopt;
    if (monthly && g.monthly && *g.monthly < 1)
        doc.fail("/monthly_money/amount", "out_of_range", "Must be at least 1.");
    judge_end(in, g, by, monthly);
    if (by && !monthly) g.monthly.reset();
    if (monthly && !by) g.by.reset();
    if (in.has("paused")) g.paused = in.boolean("paused");
    if (in.has("account_id")) read_goal_account(in, g, accounts, &before);
    const auto priority = priority_of(in);
    check_sum(in, inputs);
    finish_body(doc);
    return place_at(inputs, which, priority);
}

}  // namespace mita::finance
