"""What every kind of schedule promises, as a check that a user's own kind can be put to."""

from .contract import check_contract as check_contract
from .samples import samples_of as samples_of
from .steps import landmarks as landmarks, steps_to_try as steps_to_try
