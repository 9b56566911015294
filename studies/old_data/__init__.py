"""Old data: the arrays that each writer leaves behind, made anew."""
