"""WebSub (W3C Recommendation of 2018-01-23): feeds that announce what is new, instead of being asked.

Here is the subscriber's side; its decisions are in `aggregator.subscription`, its callback in `web`.
"""
