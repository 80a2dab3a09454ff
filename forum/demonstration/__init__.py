"""The demonstration: invented people, organisations, meetings, feedback and challenges, and how they come and go.

It acts in every room, through their commands, so it stands above them all. What it is made of is in data/.
"""
