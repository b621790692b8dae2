-- Views of other schemas inherit the Chinese comments of the columns they pass on.
select pub.describe_columns('api_v1');
select pub.describe_columns('analytics');
