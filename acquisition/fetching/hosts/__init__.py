"""What a task keeps to with each host: its pace, robots.txt, opt-outs, and the lane of what is still to be asked."""
