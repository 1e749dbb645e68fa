"""What the evidence is and is not, and what the model must not be used for, in sentences."""

from sim.language import N_

WHAT_IS_DONE = (
    N_(
        "Twelve things that were measured in the world (targets) and sixteen that published work "
        "says of the direction of effects are held against runs of the same rules that every "
        "scenario runs. All stagings share the model's own values; a staging sets only what it is "
        "about: people, phases, rule, time, the problem of a game."
    ),
    N_(
        "Bands are judgement, and were set before the model was held against them; the figures and "
        "their sources are not. The values that the stagings share were calibrated to V1 to V10 "
        "and V12 (section 8.6): that these are met is what a calibration does, and no test. V11 "
        "and the directions had no part in it."
    ),
    N_(
        "Two choices were made when first results had been seen, before the calibration. In the "
        "forum everyone hears everyone, as in one room, and not six others, as in the community "
        "form. In D9 everyone who is invited comes, so that as many sit at the table as the claim "
        "says; where people may stay away, some tables of six never meet, and a larger one agrees "
        "more often."
    ),
)

THE_DATA = (
    N_(
        "They are few and of different kinds: two experiments with strangers, one collection of "
        "questionnaires, one network, and four figures from studies of cases."
    ),
    N_(
        "The figures from cases (V7 to V10) are rounded, each of one country and one kind of "
        "collaboration, and of collaborations that came to be studied. Nothing in them says that "
        "another place has them too."
    ),
    N_(
        "Eleven targets chose the values, so only V11 and the directions test them; and so does "
        "each of the eleven as it is predicted by the values that fit the other ten (section 8.6)."
    ),
    N_(
        "Seven directions come from simulations (D5, D6, D9 to D12, D14). To agree with them is to "
        "agree with other models, not with the world."
    ),
    N_(
        "No data here follow one collaboration through all its phases, so what joins the phases is "
        "not tested."
    ),
)

# Published null results, by a key of SOURCES: the model should not be read as saying otherwise.
NULL_RESULTS = (
    (
        "Scott 2015",
        N_(
            "watersheds with collaborative groups were in a better state, but whether a group had "
            "a coordinator, specific goals or more diverse members made little difference"
        ),
    ),
    ("Ulibarri 2018", N_("collaboration did not change how long licensing takes")),
)

NOT_FOR = (
    N_(
        "It must not be used to forecast what a particular collaboration will come to, to choose "
        "whom to invite or to leave out, to rank real organisations or people, to justify a "
        "decision that has been taken, or to give a number as if it had been measured."
    ),
    N_(
        "Where a target is outside its band, the part of the model that it is about must not be "
        "used for sizes: if V6 is, for instance, nothing may be said of how far opinions move in a "
        "forum. Where a direction is contrary or undetermined, the model gives no reason to expect "
        "the effect, and none against it. Consistent means that the sign is as claimed, not that "
        "the effect is as large as in the world."
    ),
    N_(
        "What it is for: to see what follows from stated assumptions, to compare designs under "
        "them, and to find which assumptions a conclusion hangs on."
    ),
)
