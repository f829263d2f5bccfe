"""The services, one module each: functions from a request to a reply, which ask the behaviour for every decision."""
