"""Gates: is a delivery believable, is the whole fit to publish (Great Expectations).

Great Expectations itself is imported only when a gate has something to check: it takes seconds.
"""

from expectations.anomalies import gate_anomalies
from expectations.errors import CheckFault
from expectations.gate import CheckResult, GateReport
from expectations.landing import LandingLimits, gate_landing
from expectations.release import ReleaseLimits, gate_release

__all__ = [
    "CheckFault",
    "CheckResult",
    "GateReport",
    "LandingLimits",
    "ReleaseLimits",
    "gate_anomalies",
    "gate_landing",
    "gate_release",
]
