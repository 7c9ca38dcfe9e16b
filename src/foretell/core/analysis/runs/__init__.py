"""What one run says, and two runs paired: from trials to rates, costs, failures and steps."""
