"""Which entry meets which bill or income: rule 4."""
from .calendar import key, month_of

FIFTH = lambda value, amount: value > 0 and abs(value - amount) * 5 <= amount


def settle(expected, lines, ceiling, ways):
    """expected: [(id, category, day, amount, parts, (from, to) of closed days)]; lines: [(name, category, day, value, link)], link None, "none" or an id.
    -> {line name: occurrence id}, {occurrence id: day}. Rule 4: links; then what fits, the best first, each entry in the month of the occurrence
    it fits best; then parts, in order of date, twice, each entry in the month of the first it could go to. ceiling: parts no larger than what fits. ways: of planned transfers and of lines of
    transfers the two accounts; by itself only one of its way meets a planned one."""
    meets, sums, done = {}, {x[0]: 0 for x in expected}, set()
    amounts = {x[0]: x[3] for x in expected}
    names, of = {key(x[0]): x[0] for x in expected}, {x[0]: x[1] for x in expected}

    def meet(line, id):
        meets[line[0]] = id
        sums[id] += line[3]
        if FIFTH(line[3], amounts[id]) or sums[id] >= amounts[id]:
            done.add(id)

    whole = {}  # of a split that is linked, the lines of the occurrence's category; all of them since it has another
    for line in lines:
        whole.setdefault(line[0].rsplit(":", 1)[0], set()).add(line[1])
    for line in lines:
        id = names.get(key(line[4])) if line[4] not in (None, "none") else None
        if id and line[3] > 0 and (line[1] == of[id] or of[id] not in whole[line[0].rsplit(":", 1)[0]]):
            meet(line, id)
    near = lambda x, l: l[4] is None and ways.get(x[0]) in (None, ways.get(l[0])) and l[1] == x[1] and abs((l[2] - x[2]).days) <= 7 and not x[5][0] <= l[2] < x[5][1] and l[0] not in meets
    pairs = sorted(((abs(l[3] - x[3]), abs((l[2] - x[2]).days), x[2], x[0], l[2], l[3], l[0], l) for x in expected if x[0] not in done for l in lines
                    if near(x, l) and FIFTH(l[3], x[3])), key=lambda p: p[:7])
    home = {}
    for p in pairs:
        home.setdefault(p[6], month_of(p[2]))
    for p in pairs:
        if p[3] not in done and p[6] not in meets and home[p[6]] == month_of(p[2]):
            meet(p[7], p[3])
    ordered = sorted(lines, key=lambda l: (l[2], l[3], l[0]))
    could = {l[0]: [x for x in sorted(expected, key=lambda x: (x[2], x[0])) if x[4] and x[3] > 0 and l[3] > 0 and near(x, l) and x[0] not in done
                    and (not ceiling or (l[3] - x[3]) * 5 <= x[3])] for l in ordered}
    for _ in range(2):
        home = {name: next((month_of(x[2]) for x in xs if x[0] not in done), None) for name, xs in could.items()}
        for l in ordered:
            to = next((x for x in could[l[0]] if x[0] not in done and home[l[0]] == month_of(x[2])), None)
            if to and l[0] not in meets:
                meet(l, to[0])
    since, so_far = {}, {}
    for l in ordered:
        id = meets.get(l[0])
        if id:
            so_far[id] = so_far.get(id, 0) + l[3]
            if id not in since and (FIFTH(l[3], amounts[id]) or so_far[id] >= amounts[id]):
                since[id] = l[2]
    return meets, since
