"""The texts of the page."""

from sim.language import _, _n
from sim.view.dashboard.answer import RUNS


def bar_words() -> dict[str, str]:
    """What the bar at the top says."""
    return {
        "lang": _("en"),
        "kicker": _("mufakat: what if? A simulation of collaborative governance"),
        "open": _("Scenario"),
        "open_file": _("Open a file …"),
        "undo": _("Undo"),
        "reset": _("Reset"),
        "copy": _("Copy link"),
        "copied": _(
            "The link is copied: the present setting, without what is pinned. It opens on any "
            "computer on which mufakat explore runs."
        ),
        "by_hand": _("Copy this:"),
        "save": _("Save"),
        "saved": _("{name} is among your downloads."),
        "report": _("Report"),
        "writing": _("Writing the report …"),
        "no_report": _("A report compares: change a value first"),
        "seed": _("Seed"),
        "seed_means": _("another seed is another world of chance, the same for all settings"),
        "too_large": _("That is too large to be a scenario."),
        "tour": _("Tour"),
        "leave": _("Leave the tour"),
        "back": _("Back"),
        "next": _("Next"),
        "begin": _("Begin"),
        "dismiss": _("Dismiss"),
    }


def lever_words() -> dict[str, str]:
    """What the left column says."""
    return {
        "levers": _("What if …"),
        "levers_how": _("Every value can be moved; what it means stands below it."),
        "silent": _(
            "No answer comes: the numbers below are of an earlier setting. If mufakat explore has "
            "ended, start it again, and load this page again."
        ),
        "more": _("More values"),
        "find": _("Find"),
        "exactly": _("exactly"),
        "was": _("as opened:"),
        "put_back": _("put back"),
        "none": _("none"),
        "yes": _("yes"),
        "no": _("no"),
    }


def answer_words() -> dict[str, str]:
    """What the middle says."""
    return {
        "answer": _("… then"),
        "basis": _n("{count} run of each setting", "{count} runs of each setting", RUNS),
        "computing": _("computing …"),
        "pin": _("Pin this setting"),
        "unpin": _("unpin"),
        "against": _("held against"),
        "nothing_yet": _(
            "This is the scenario as it was opened. Move a value: what changes with it, and how "
            "sure that is, is said here."
        ),
        "others": _("and the pinned settings"),
        "exactly": _("in numbers"),
        "hills": _(
            "Hills: how often single runs come to each value. Mark and bar: the mean with its 95 % "
            "interval. Runs of the same number share their luck in all settings, so differences "
            "are known better than the bars suggest; the verdicts allow for that, and for looking "
            "at several outcomes at once, but not for settings that you tried before. A run that "
            "never agrees has no months to agreement, inequity or delivery: means leave it out, "
            "and verdicts rest on pairs in which both runs have the number."
        ),
    }


def run_words() -> dict[str, str]:
    """What stands above the run."""
    return {
        "title": _("One run of this setting"),
        "run": _("Run"),
        "before": _("Run before"),
        "another": _("Another run"),
        "how": _("One course of events of many; another number is another course."),
    }


def setting_words() -> dict[str, str]:
    """What the settings are called that have no letter."""
    return {"start": _("start"), "now": _("now")}
