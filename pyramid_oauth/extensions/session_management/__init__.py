"""session_management"""
