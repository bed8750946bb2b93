"""Whether two migrations commute: one table of rules, what is implicit, and the schedule that goes wrong."""
