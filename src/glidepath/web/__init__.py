"""The designer: a page to draw schedules on, and the server that hands it out on this machine alone.

The page draws with formulas that `formulas` traces from the kinds themselves, so that dragging waits for no
server and a copy on a static host draws as well.
"""
