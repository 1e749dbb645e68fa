"""The exercises of the notebooks: each says that an answer is right, or gives a hint.

What a right number is, the model says at the moment: nothing here knows it by heart.

>>> phase_of_explaining(...)
Write your answer in place of the three dots, and run the cell again.
>>> phase_of_explaining("listening")
Right. ...
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

import sim
from sim.scenario import SECTORS
from sim.scenario.tables import PRINCIPLES
from sim.studies.claim_file import OfField, parse

Judge = Callable[[Any], str]
TOKENS, NEED = (36, 36, 12, 12), 48  # what four people have, and what is needed
FORMS = ("team", "community", "network")


def exercise(right: str) -> Callable[[Judge], Callable[[object], None]]:
    """Make an exercise of a function that answers with a hint, or with nothing if all is right."""

    def decorate(judge: Judge) -> Callable[[object], None]:
        @wraps(judge)
        def look(answer: object) -> None:
            if answer is ...:
                print("Write your answer in place of the three dots, and run the cell again.")
                return
            hint = judge(answer)
            print(f"Not yet. {hint}" if hint else f"Right. {right}")

        return look

    return decorate


def word(answer: object, wanted: str, known: Sequence[str], hint: str) -> str:
    """The hint for a word that is not the one that is wanted."""
    if not isinstance(answer, str):
        return f"The answer is a word in quotation marks, such as {known[0]!r}."
    given = answer.strip().lower().replace(" ", "_")
    if given not in known:
        return f"Choose one of {', '.join(map(repr, known))}."
    return "" if given == wanted else hint


def number(answer: object, wanted: float, hint: str, within: float = 1e-9) -> str:
    """The hint for a number that is not the one that is wanted."""
    if isinstance(answer, bool) or not isinstance(answer, int | float | np.number):
        return "The answer is a number, without quotation marks and with a decimal point."
    return "" if abs(float(answer) - wanted) <= within else hint


def variant(answer: object, base: str, changes: dict[str, Any], hints: dict[str, str]) -> str:
    """The hint for a scenario that is not the base with these changes and no others."""
    if not isinstance(answer, sim.Scenario):
        return f'The answer is a scenario: sim.load("{base}").variant({{...}}).'
    wanted = sim.load(base).variant(changes)
    for path, hint in hints.items():
        if answer.value(path) != wanted.value(path):
            return hint
    words = {"title": "", "description": ""}
    if answer.variant(words).digest() != wanted.variant(words).digest():
        return f"That is it, but something else differs from {base}, too: change nothing else."
    return ""


# 01 What is collaborative governance?


@exercise("In listening, people explain their own problem; facts are not chosen to persuade.")
def phase_of_explaining(answer: object) -> str:
    """In which phase everybody explains, and nobody argues for an option yet."""
    phases = ("listening", "debate", "planning", "action", "renewal")
    return word(answer, "listening", phases, "Look at the first months of the run.")


@exercise("One run says how it can go; many say how it goes.")
def agreements_among_ten(answer: object) -> str:
    """In how many of the runs 0 to 9 of river_basin the first debate ends in agreement."""
    agreed = sim.study("river_basin", runs=10, progress=False).runs["agreement"].sum()
    return number(answer, agreed, 'Sum study.runs["agreement"] over runs 0 to 9 of seed 1.')


@exercise("Everything else is as it was, so that a difference comes of the rule alone.")
def only_the_rule(answer: object) -> str:
    """The river basin, deciding by majority."""
    hint = 'The rule is the field "decision.rule", and its value "majority".'
    changes = {"decision.rule": "majority"}
    return variant(answer, "river_basin", changes, {"decision.rule": hint})


# 02 Does power decide?


@exercise("Under consensus everyone at the table can stop an agreement, whatever its power.")
def objections_enough(answer: object) -> str:
    """How many objections stop an agreement under consensus."""
    return number(answer, 1, "Consensus means that everyone at the table accepts.")


@exercise("Shares are what counts: power is divided by its sum.")
def government_holds_most(answer: object) -> str:
    """A variant of the baseline in which the government has 0.6 of all power."""
    if not isinstance(answer, sim.Scenario):
        return 'The answer is a scenario: sim.load("baseline").variant({...}).'
    power = {sector: answer.value(f"stakeholders.{sector}.power") for sector in SECTORS}
    share = power["government"] / sum(power.values())
    hint = f"The government has {share:.2f} of all power; set all four so that they sum to 1."
    return "" if abs(share - 0.6) < 1e-6 else hint


@exercise("A share of runs, in the model: not a probability of something in the world.")
def share_that_agrees(answer: object) -> str:
    """The share of 500 runs of power_captured, heard alike, whose first debate agrees."""
    heard = sim.load("power_captured").variant({"principles.deliberation": 1.0})
    wanted = sim.study(heard, runs=500, progress=False).runs["agreement"].mean()
    hint = "Take the mean of agreement over the 500 runs of the variant; it is between 0 and 1."
    return number(answer, wanted, hint, within=0.006)


# 03 Team, community or network?


@exercise("A small table where all listen to each other.")
def quickest_form(answer: object) -> str:
    """The form with the fewest months to agreement."""
    wanted = _best("months_to_agreement", lowest=True)
    return word(answer, wanted, FORMS, "Look at the panel of months: less is sooner.")


@exercise("A form may be slow to agree, and good for something else.")
def most_trusting_form(answer: object) -> str:
    """The form with the highest mean trust at the end."""
    return word(answer, _best("trust"), FORMS, 'Look for "trust" in study.summary().')


@exercise("A lot is one of five invitations; try the others.")
def team_by_lot(answer: object) -> str:
    """A team of 12, drawn by lot."""
    return variant(
        answer,
        "team",
        {"form.seats": 12, "form.invite": "random"},
        {
            "form.seats": 'The number of seats is the field "form.seats".',
            "form.invite": 'A lot is the value "random" of the field "form.invite".',
        },
    )


def _best(outcome: str, *, lowest: bool = False) -> str:
    """The form with the highest mean, or the lowest, in 600 runs."""
    runs = sim.study(FORMS, runs=600, progress=False).runs
    means = runs.groupby("scenario", observed=True)[outcome].mean()
    return str(means.idxmin() if lowest else means.idxmax())


# 04 What do the eight principles buy?


@exercise("It raises coverage and delivery most, too, and what is delivered keeps people.")
def keeps_most_members(answer: object) -> str:
    """The principle that raises retention most, from 0 to 1."""
    hint = "Look at the column of retention: whose dot is farthest to the right?"
    if not isinstance(answer, str) or answer.strip().lower().replace(" ", "_") not in PRINCIPLES:
        return word(answer, "", PRINCIPLES, hint)
    found = {name: _gain(name, "retention") for name in PRINCIPLES}
    return word(answer, max(found, key=lambda name: found[name]), PRINCIPLES, hint)


def _gain(principle: str, outcome: str) -> float:
    """What a principle does to an outcome of the baseline, from level 0 to 1."""
    base = sim.load("baseline")
    ends = {str(level): base.variant({f"principles.{principle}": level}) for level in (0.0, 1.0)}
    runs = sim.study(ends, runs=200, progress=False).runs
    means = runs.groupby("scenario", observed=True)[outcome].mean()
    return float(means["1.0"] - means["0.0"])


@exercise("All eight together, whichever they are: the price is the same for each.")
def price_of_half(answer: object) -> str:
    """The share of pooled capacity that all eight principles take at level 0.5."""
    wanted = 8 * 0.5 * float(sim.load("baseline").value("principles.price"))
    hint = "The price is price times the sum of the eight levels; they sum to 4."
    return number(answer, wanted, hint, within=1e-6)


@exercise("Now it can be tested: put it into a file and run mufakat claims.")
def claim_on_accountability(answer: object) -> str:
    """The sentence that accountability makes more be delivered."""
    found = parse(answer) if isinstance(answer, str) else None
    if not isinstance(found, OfField):
        return 'Three words in quotation marks, as in "deliberation raises agreement".'
    if found.field.rpartition(".")[2] != "accountability":
        return "The sentence begins with the principle: accountability."
    if found.relation != "raises":
        return "More of it, more is delivered: that is raises."
    return "" if found.outcome == "delivery" else "The outcome is called delivery."


# 05 When resources run short


@exercise("48 of 96: each gives half of what it has.")
def fair_fraction(answer: object) -> str:
    """The fraction that each of four gives under equal fractions."""
    hint = "What is needed, divided by all that there is."
    return number(answer, NEED / sum(TOKENS), hint, within=1e-6)


@exercise("For the poor that is all they have. This is what normative conflict is about.")
def fair_amount(answer: object) -> str:
    """The amount that each of four gives under equal amounts."""
    hint = "What is needed, divided by the number of people."
    return number(answer, NEED / len(TOKENS), hint, within=1e-6)


@exercise("An event says when, what, and by how much.")
def cut_in_month_24(answer: object) -> str:
    """A variant of the baseline whose government keeps 0.7 of its funds from month 24 on."""
    if not isinstance(answer, sim.Scenario):
        return 'The answer is a scenario: sim.load("baseline").variant({"events": [{...}]}).'
    if len(answer.events) != 1:
        return "There must be one event; events is a list, in square brackets."
    (event,) = answer.events
    if event.field != "stakeholders.government.funds":
        return 'The field is "stakeholders.government.funds".'
    if event.round != 24:
        return 'The month is the event\'s "round": 24.'
    return "" if event.scale == 0.7 else 'What is left is 0.7 of what was: "scale": 0.7.'


# 06 Your own case


@exercise("The message names the file, the line, and the word that was probably meant.")
def meant_sector(answer: object) -> str:
    """The sector that the misspelt one was meant to be."""
    return word(answer, "community", SECTORS, "Read the end of the message.")


@exercise("Each row is one stakeholder; the file takes as many as you like.")
def one_more(answer: object) -> str:
    """The table of stakeholders with one more row, of civil society."""
    if not isinstance(answer, pd.DataFrame) or "sector" not in answer:
        return "The answer is a table: pd.concat([people, one_more_row])."
    if answer["name"].duplicated().any():
        return "Two stakeholders have the same name: give the new one a name of its own."
    unknown = [each for each in answer["sector"] if each not in SECTORS]
    if unknown:
        return f"{unknown[0]!r} is no sector: choose one of {', '.join(SECTORS)}."
    count = int((answer["sector"] == "civil_society").sum())
    return "" if count == 3 else f"There should be 3 of civil society, and there are {count}."


@exercise("Whoever has most of the power can now decide; compare what comes of it.")
def power_decides(answer: object) -> str:
    """The own case, decided by a majority of power."""
    if not isinstance(answer, sim.Scenario):
        return "The answer is a scenario: case.variant({...})."
    rule = answer.value("decision.rule")
    return "" if rule == "lead" else f'The rule is {rule}; a majority of power is called "lead".'


# 07 How far can you trust it?


@exercise("An interval narrows with the square root of the runs.")
def times_as_many(answer: object) -> str:
    """How many times as many runs make an interval half as wide."""
    return number(answer, 4, "Its width goes with 1 / sqrt(runs): twice as many are not enough.")


@exercise("It takes no side: neither the effect nor its absence can be read off the model.")
def undetermined_means(answer: object) -> str:
    """What an undetermined verdict means."""
    hint = "Chance could have given such runs if there were an effect, and also if there were none."
    return word(answer, "c", ("a", "b", "c"), hint)


@exercise("The other two would take its numbers for measurements, or judge real people by it.")
def good_use(answer: object) -> str:
    """What the model may be used for."""
    hint = "Read section 8.5 of the ODD again: it names what the model must not be used for."
    return word(answer, "b", ("a", "b", "c"), hint)


# 08 Write your own agent


@exercise("pledge() gives the share of its endowment that a stakeholder promises.")
def method_of_promising(answer: object) -> str:
    """The method that says what a stakeholder promises."""
    methods = ("listen", "debate", "accepts", "pledge", "deliver", "reconsider")
    given = answer.removesuffix("()") if isinstance(answer, str) else answer
    return word(given, "pledge", methods, "Read what each method of sim.Stakeholder does.")


@exercise("super() asks the shipped rule, and the class changes what comes of it.")
def half_hearted(answer: object) -> str:
    """A firm that promises half of what the shipped one does."""
    if not (isinstance(answer, type) and issubclass(answer, sim.PrivateFirm)):
        return "The answer is the class itself, and begins with class ...(sim.PrivateFirm):"
    model = sim.CollaborationModel(sim.load("mandated"), behaviours={"private": answer})
    while model.running and model.phase != "planning":
        model.step()
    for agent in model.stakeholders:
        if isinstance(agent, answer) and agent.is_member:
            usual = sim.PrivateFirm.pledge(agent)
            if abs(float(agent.pledge()) - usual / 2) > 1e-12:
                return "pledge() must return half of what super().pledge() does."
    return ""


@exercise("Who never reconsiders never leaves, whatever it gets: a member, not a happy one.")
def loyal_group(answer: object) -> str:
    """A community group that always stays."""
    if not (isinstance(answer, type) and issubclass(answer, sim.CommunityGroup)):
        return "The answer is the class itself, and begins with class ...(sim.CommunityGroup):"
    model = sim.CollaborationModel(sim.load("team"), behaviours={"community": answer})
    while model.running:
        model.step()
    stayed = [agent.is_member for agent in model.stakeholders if isinstance(agent, answer)]
    return "" if all(stayed) else "Some left: reconsider() must return True."


# 09 Explore in depth


@exercise("A grid grows fast: scenarios times values of each field.")
def variants_in_grid(answer: object) -> str:
    """How many variants two scenarios have over three values of one field and four of another."""
    return number(answer, 2 * 3 * 4, "Every combination: multiply.")


@exercise("What is there stays; only what is missing is carried out.")
def runs_added(answer: object) -> str:
    """How many runs of each scenario are new if a store of 200 is asked for 500."""
    return number(answer, 300, "The store has 200 of the 500.")


@exercise("Five even steps; a list of the five values would do as well.")
def five_shares(answer: object) -> str:
    """What varies the private sector's share of power from 0.1 to 0.9 in five even steps."""
    if not isinstance(answer, dict) or list(answer) != ["power_share.private"]:
        return 'The answer is {"power_share.private": "from:to:steps"}.'
    try:
        found = sim.sweep("baseline", answer, runs=1, progress=False)
    except ValueError as error:
        return f"The model says: {error}."
    values = found.variants["power_share.private"].to_numpy(dtype=float)
    wanted = np.linspace(0.1, 0.9, 5)
    same = len(values) == len(wanted) and np.allclose(values, wanted)
    return "" if same else f"These are the values {np.round(values, 3).tolist()}."
