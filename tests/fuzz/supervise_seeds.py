"""What a process may say to the supervisor."""

SAID = {
    "ready": "READY=1",
    "among-others": "STATUS=up\nREADY=1\nMAINPID=1\n",
    "not": "READY=0\nREADY=11\nNOT_READY=1\nREADY",
    "stopping": "STOPPING=1",
    "behind-nul": "STATUS=\0\nREADY=1",
    "cut": "STATUS=" + "x" * 500 + "\nREADY=1",
    "empty-lines": "\n\nREADY=1\n",
}
