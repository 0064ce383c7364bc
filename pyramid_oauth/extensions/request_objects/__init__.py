"""request_objects"""
