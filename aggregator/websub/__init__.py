"""WebSub subscriber (W3C Recommendation of 2018-01-23): hubs announce new items of a feed.

Its decisions are in `policy.subscription`, its callback is in `web.callback`. Section numbers in this package
refer to the Recommendation.
"""
