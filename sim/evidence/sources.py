"""The publications that the targets and directions rest on.

A DOI stands here only where it was looked up. One that is missing was not found with certainty.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Source(NamedTuple):
    """A publication: where it is to be found, and its DOI, if that is certain."""

    where: str
    doi: str = ""


# By the words that a text cites it with.
SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "Ansell & Gash 2008": Source(
            "Collaborative governance in theory and practice. Journal of Public Administration "
            "Research and Theory 18",
            "10.1093/jopart/mum032",
        ),
        "Bitterman & Koliba 2020": Source(
            "Modeling alternative collaborative governance network designs. Journal of Public "
            "Administration Research and Theory 30",
            "10.1093/jopart/muaa013",
        ),
        "Choi & Robertson 2014": Source(
            "Deliberation and decision in collaborative governance. Journal of Public "
            "Administration Research and Theory 24",
            "10.1093/jopart/mut003",
        ),
        "Choi & Robertson 2019": Source(
            "Contributors and free-riders in collaborative governance. Journal of Public "
            "Administration Research and Theory 29",
            "10.1093/jopart/muy068",
        ),
        "Coglianese 1997": Source(
            "Assessing consensus: the promise and performance of negotiated rulemaking. Duke Law "
            "Journal 46, 1255-1349"
        ),
        "Genskow 2009": Source(
            "Catalyzing collaboration: Wisconsin's agency-initiated basin partnerships. "
            "Environmental Management 43",
            "10.1007/s00267-008-9236-x",
        ),
        "Goeree & Yariv 2011": Source(
            "An experimental study of collective deliberation. Econometrica 79",
            "10.3982/ECTA8852",
        ),
        "Kota Kita 2016": Source(
            "Kota Kita, in the programme Making All Voices Count: citizens' projects in Solo, "
            "Indonesia (makingallvoicescount.org/project/kota-kita)"
        ),
        "Leach, Pelkey & Sabatier 2002": Source(
            "Stakeholder partnerships as collaborative policymaking. Journal of Policy Analysis "
            "and Management 21",
            "10.1002/pam.10079",
        ),
        "Perret & Powers 2022": Source(
            "An investigation of the role of leadership in consensus decision-making. Journal of "
            "Theoretical Biology 543",
            "10.1016/j.jtbi.2022.111094",
        ),
        "R package deliberr": Source(
            "Answers of the participants of 24 deliberative forums, before and after. F. Veri and "
            "others, MIT licence"
        ),
        "R package motifr": Source(
            "Ties among the actors of a Swiss wetland's governance. M. Angst and others, MIT "
            "licence"
        ),
        "Ratner 2012": Source(
            "Collaborative governance assessment. Guidance note, CGIAR Research Program on Aquatic "
            "Agricultural Systems"
        ),
        "Robertson & Choi 2012": Source(
            "Deliberation, consensus, and stakeholder satisfaction. Public Management Review 14",
            "10.1080/14719037.2011.589619",
        ),
        "Scott 2015": Source(
            "Does collaboration make any difference? Journal of Policy Analysis and Management 34"
        ),
        "Scott, Thomas & Magallanes 2019": Source(
            "Convening for consensus. Journal of Public Administration Research and Theory 29",
            "10.1093/jopart/muy053",
        ),
        "Tavoni et al. 2011": Source(
            "Inequality, communication, and the avoidance of disastrous climate change in a public "
            "goods game. PNAS 108",
            "10.1073/pnas.1102493108",
        ),
        "Ulibarri 2018": Source(
            "Does collaboration affect the duration of environmental permitting processes? Journal "
            "of Environmental Planning and Management 61",
            "10.1080/09640568.2017.1327845",
        ),
        "Wang, Hilbe & Zhang 2026": Source(
            "The dynamics of cooperation in asymmetric public goods games. PNAS 123(5), "
            "e2525760123; data Zenodo 16918146, CC BY 4.0",
            "10.1073/pnas.2525760123",
        ),
    }
)
