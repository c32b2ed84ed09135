SET ROLE holdfast_owner; SELECT holdfast.took_back('x', 'x', 'x', 'x')
SET ROLE holdfast_owner; SELECT holdfast.take_back('nobody', 'x', 'x')
SET ROLE holdfast_owner; SELECT holdfast.take_back_from_devices()
SET ROLE holdfast_owner; SELECT holdfast.keep_fleets_secrets()
SET ROLE holdfast_owner; SELECT holdfast.build_walls()
SET ROLE holdfast_owner; SELECT holdfast.build_walls_of_views()
SET ROLE holdfast_owner; BEGIN; TRUNCATE problems; ROLLBACK
SET ROLE holdfast_owner; SELECT holdfast.guard_what_is_typed('schedules', 'schedule', '{schedule_type}', '{}')
